#!/usr/bin/env bash
# Martlet in DIR.  martlet.sh start DIR PORT SINKPORT accept|relay | stop DIR | queued DIR
#
# It runs the configuration that `martlet config default` prints. Only these differ, and DIR/difference shows them:
# addresses (listener, files of this run), the route to the sink, the trusted network, and the connections that one
# address may have (the generator is one). MARTLET names the executable.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cmd=$1 dir=$2 port=${3:-} sink=${4:-} mode=${5:-relay}
martlet=${MARTLET:-$here/../../.build/release/martlet}
case $cmd in
start)
    mkdir -p "$dir/spool"
    start=running
    [ "$mode" = accept ] && start=held
    "$martlet" config default >"$dir/default.yaml"
    "$here/../../scripts/edit-config" "$dir/default.yaml" "$dir/martlet.yaml" \
        "listeners={mx: {address: 127.0.0.1, port: $port, tls: none, role: mx}}" \
        "store=\"sqlite:$dir/queue.db\"" "spool=\"$dir/spool\"" "control=\"$dir/control\"" \
        "routes={default: {domains: [\"*\"], host: 127.0.0.1, port: $sink, tls: none}}" \
        'delivery.permit_addresses=["127.0.0.0/8"]' "delivery.start=$start" \
        'policy.trusted_networks=["127.0.0.0/8"]' 'policy.limits.connections_per_address=6000'
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
