#!/bin/sh
# The bucket of the warehouse; uploads that nobody ended are removed by the server after a day.
set -eu
mc mb --ignore-existing lake/lakehouse
