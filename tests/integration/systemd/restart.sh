#!/bin/bash
# Listening sockets of plugins over a restart: the manager keeps them, clients are refused nothing, and those who got in
# are answered. After a SIGKILL only who was inside is lost. What nobody asks for any more is closed.
. /usr/lib/tokiod-test/common.sh
installed
servers() {  # PORT of echo
  configure 20-servers "{\"plugins\": {\"instances\": {
    \"echo\": {\"plugin\": \"echo\", \"config\": {\"port\": $1}}, \"redis\": {\"plugin\": \"redis\"}}}}"
}
servers 7007
start
socket_of() { ss -Hltne "sport = :$1" | sed -n 's/.*ino:\([0-9]*\).*/\1/p'; }
kept() { property NFileDescriptorStore; }
[ "$(kept)" = 2 ] || fail "the manager keeps $(kept) sockets"
echo_socket=$(socket_of 7007) redis_socket=$(socket_of 6380)

# 1 restarts, under load
for kind in 'echo 7007' 'redis 6380'; do
  begin_load "${kind#* }" "${kind% *}"
  for _ in 1 2 3; do
    restart
    load_goes_on
  done
  end_load
  nothing_is refused "${kind% *}, restarts"
  nothing_is lost "${kind% *}, restarts"
done
[ "$(socket_of 7007)" = "$echo_socket" ] && [ "$(socket_of 6380)" = "$redis_socket" ] || fail "other sockets listen"
[ "$(kept)" = 2 ] || fail "after restarts the manager keeps $(kept) sockets"

# 2 a kill: the backlog waits for the next process
systemctl reset-failed tokiod
begin_load 7007 echo
systemctl kill --kill-who=main -s KILL tokiod
soon was_restarted || fail "not started again"
load_goes_on
end_load
nothing_is refused "a kill"
[ "$(socket_of 7007)" = "$echo_socket" ] || fail "another socket listens after a kill"

# 3 an operator's stop of one instance closes its socket for good, and a start makes a new one
tokioctl plugin stop echo >/dev/null || fail "plugin stop"
[ -z "$(socket_of 7007)" ] || fail "a stopped instance listens"
keeps() { [ "$(kept)" = "$1" ]; }
soon keeps 1 || fail "the manager keeps the socket of a stopped instance"
tokioctl plugin start echo >/dev/null || fail "plugin start"
soon keeps 2 || fail "the manager does not keep a new socket"

# 4 what nobody asks for any more is closed and forgotten
servers 7008
restart
echoes 7008 || fail "no echo at the new port"
gone() { [ -z "$(socket_of 7007)" ] && keeps 2; }
soon gone || fail "the old port listens on, or is kept: $(kept)"

# 5 a stop keeps nothing
systemctl stop tokiod
[ "$(kept)" = 0 ] && [ -z "$(socket_of 7008)" ] || fail "a stopped service listens"
[ "$(property Result)" = success ] || fail "stop: $(property Result)"
