"""The alert for a late run. Add the channel that your team reads: mail, Slack, PagerDuty."""

from __future__ import annotations

import logging


async def run_is_late(message: str = "", **context: object) -> None:
    """Called by the triggerer when a run misses its deadline."""
    logging.getLogger("ingot_airflow").error("deadline missed: %s", message)
