#!/usr/bin/env bash
# Martlet in DIR.  martlet.sh start DIR PORT SINKPORT accept|relay | stop DIR | queued DIR
#
# It runs the configuration that `martlet config default` prints. Only these differ, and DIR/difference shows them:
# addresses (listener, files of this run), the route to the sink, and the connections that one address may have (the
# generator is one; the trusted network is the default). MARTLET names the executable.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cmd=$1 dir=$2 port=${3:-} sink=${4:-} mode=${5:-relay}
martlet=${MARTLET:-$here/../../.build/release/martlet}
case $cmd in
start)
    mkdir -p "$dir/spool"
    # Accepting only: everything is kept, nothing leaves.
    held=()
    [ "$mode" = accept ] && held=(delivery.start=held)
    "$martlet" config default >"$dir/default.yaml"
    "$here/../../scripts/edit-config" "$dir/default.yaml" "$dir/martlet.yaml" \
        "listeners={mx: {address: 127.0.0.1, port: $port, tls: none, role: mx}}" \
        "store=\"sqlite:$dir/queue.db\"" "spool=$dir/spool" "accounts=$dir/accounts" "control=$dir/control" "drop=$dir/drop" \
        "routes={sink: {domains: [\"*\"], host: 127.0.0.1, port: $sink, tls: none}}" \
        'policy.limits.connections_per_address=6000' "${held[@]}"
    diff "$dir/default.yaml" "$dir/martlet.yaml" >"$dir/difference" || true
    [ -n "${MARTLET_DIFFERENCE:-}" ] && cp "$dir/difference" "$MARTLET_DIFFERENCE"
    echo $$ >"$dir/pid"
    exec "$martlet" serve --config "$dir/martlet.yaml" ;;
stop)
    # The harness ends what is left in its control group.
    pid=$(cat "$dir/pid")
    kill -TERM "$pid"
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || exit 0; sleep .1; done ;;
queued)
    "$martlet" queue list --config "$dir/martlet.yaml" --format json | wc -l ;;
*) sed -n 2p "$0" >&2; exit 64 ;;
esac
