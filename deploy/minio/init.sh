#!/bin/sh
# Creates the bucket of the warehouse if it does not exist. Server: AWS_ENDPOINT_URL; login: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
# The server removes unfinished uploads after a day.
set -eu
answer=$(curl -sS -w '\n%{http_code}' --retry 5 --retry-connrefused --aws-sigv4 "aws:amz:${AWS_REGION:-us-east-1}:s3" \
  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -X PUT "$AWS_ENDPOINT_URL/${1:-lakehouse}" | tail -n 1)
case $answer in
  200 | 409) ;; # 409: it is there
  *) echo "minio: the bucket could not be made: $AWS_ENDPOINT_URL answered $answer" >&2; exit 1 ;;
esac
