"""A cluster of three Kafka brokers (docs/scaling.md) with two followers and a producer."""

import pytest

from servers import Kafka, free_port

REPLICATED = {"min.insync.replicas": 2, "offsets.topic.replication.factor": 3, "transaction.state.log.replication.factor": 3,
              "transaction.state.log.min.isr": 2}


@pytest.fixture
def brokers(house):
    """Starts three brokers, the first of which is the controller. The house reads from them."""
    first = Kafka(house.folder / "kafka-1", free_port(), settings=REPLICATED).start()
    brokers = [first] + [Kafka(house.folder / f"kafka-{node}", free_port(), settings=REPLICATED, joins=first, node=node).start()
                         for node in (2, 3)]
    house.broker = house.variables["KAFKA_BROKER"] = ",".join(broker.address for broker in brokers)
    yield brokers
    for broker in reversed(brokers):
        broker.stop()


def test_rolling_restart(house, brokers):
    """Goal: brokers that restart in turn, and one that is killed, lose and duplicate nothing, and no worker has to be
    restarted.
    Method: two followers, and a producer during each restart; the partitions' leaders and the group's coordinator
    move."""
    house.make_topic(6, replicas=3)
    workers = [house.worker() for _ in range(2)]
    produce = lambda seed: house.start("generate", "--records", "15000", "--rate", "1000", "--dirty", "0.02", "--seed", str(seed))
    producers = []
    for broker in brokers:
        before = house.bronze_rows()
        producers.append(produce(broker.node))
        broker.restart()
        house.wait_for(lambda: house.bronze_rows() > before + 2000)
    producers.append(produce(4))  # this one only begins: it waits for the remaining brokers
    brokers[2].kill()
    killed_at = house.bronze_rows()
    house.wait_for(lambda: house.bronze_rows() > killed_at + 2000)  # the others continue without it
    brokers[2].start()
    assert [producer.wait(300) for producer in producers] == [0] * 4
    house.wait_for(lambda: house.bronze_rows() == 60_000)
    for worker in workers:
        assert worker.stop() == 0, worker.text()[-2000:]
    assert house.verify_all_layers()["topic"] == 60_000
