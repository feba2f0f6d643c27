#!/usr/bin/env bash
# A private Postfix instance in DIR.  postfix.sh start DIR PORT SINKPORT accept|relay | stop DIR | queued DIR
# accept = every message is put on hold after the durable write; relay = everything goes to 127.0.0.1:SINKPORT.
# POSTFIX_EXTRA='name=value;name=value' adds main.cf lines. Where no syslogd listens, its logging costs nothing.
cmd=$1 dir=$2 port=$3 sink=$4 mode=$5
case $cmd in
start)
    set -e
    mkdir -p "$dir/etc" "$dir/data" "$dir/spool"
    chmod 755 "$dir"; chown postfix "$dir/data"
    cat >"$dir/etc/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
myhostname = postfix.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:$sink
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtpd_client_connection_count_limit = 0
default_process_limit = 1100
default_destination_concurrency_limit = 50
initial_destination_concurrency = 50
qmgr_message_active_limit = 20000
in_flow_delay = 0
enable_long_queue_ids = yes
smtpd_relay_restrictions = permit_mynetworks, reject
CF
    [ "$mode" = accept ] && echo "smtpd_sender_restrictions = check_sender_access static:HOLD" >>"$dir/etc/main.cf"
    printf '%s\n' "$POSTFIX_EXTRA" | tr ';' '\n' >>"$dir/etc/main.cf"
    cat >"$dir/etc/master.cf" <<CF
127.0.0.1:$port inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
CF
    exec postfix -c "$dir/etc" start ;;
stop)   exec postfix -c "$dir/etc" stop ;;
queued) find "$dir/spool/incoming" "$dir/spool/active" "$dir/spool/deferred" "$dir/spool/hold" -type f | wc -l ;;
esac
