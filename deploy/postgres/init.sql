-- The Iceberg catalog: the tables of the JDBC catalog, schema version V1, that Ingot, Spark, Trino and PyIceberg share.
-- Runs once, in the database that POSTGRES_DB names. Each engine would create the same tables on its first use. Because they
-- exist already, the engines need no right to create tables.
CREATE TABLE IF NOT EXISTS iceberg_tables (
  catalog_name VARCHAR(255) NOT NULL,
  table_namespace VARCHAR(255) NOT NULL,
  table_name VARCHAR(255) NOT NULL,
  metadata_location VARCHAR(1000),
  previous_metadata_location VARCHAR(1000),
  iceberg_type VARCHAR(5),
  PRIMARY KEY (catalog_name, table_namespace, table_name)
);

CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
  catalog_name VARCHAR(255) NOT NULL,
  namespace VARCHAR(255) NOT NULL,
  property_key VARCHAR(255) NOT NULL,
  property_value VARCHAR(1000),
  PRIMARY KEY (catalog_name, namespace, property_key)
);

-- What Airflow remembers of its runs.
CREATE DATABASE airflow;
