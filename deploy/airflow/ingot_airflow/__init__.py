"""Ingot in Airflow: an operator that runs its commands."""

from ingot_airflow.operator import IngotOperator, StageSummary

__all__ = ["IngotOperator", "StageSummary"]
