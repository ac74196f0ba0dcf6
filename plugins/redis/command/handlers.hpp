// The handlers behind the table, by group, and what several of them share. Internal to command/.
#pragma once
#include <initializer_list>
#include <optional>
#include <string_view>

#include "server.hpp"

namespace redis {

// strings.cpp
void get(call& c);
void set(call& c);
void getdel(call& c);
void mget(call& c);
void mset(call& c);
void append(call& c);
void strlen(call& c);
void incr(call& c);
void decr(call& c);
void incrby(call& c);
void decrby(call& c);
// keys.cpp
void del(call& c);
void exists(call& c);
void expire(call& c);
void pexpire(call& c);
void ttl(call& c);
void pttl(call& c);
void persist(call& c);
void keys(call& c);
void scan(call& c);
void type(call& c);
void dbsize(call& c);
void flushall(call& c);
// pubsub.cpp
void publish(call& c);
void subscribe(call& c);
void unsubscribe(call& c);
void psubscribe(call& c);
void punsubscribe(call& c);
// connection.cpp
void ping(call& c);
void echo(call& c);
void select_db(call& c);
void quit(call& c);
void hello(call& c);
void client(call& c);
// introspection.cpp
void info(call& c);
void command_info(call& c);
void config(call& c);

// common.cpp
[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view text);  // the whole text, or nothing
[[nodiscard]] bool is(std::string_view word, std::string_view lower_case);    // equal but for case
[[nodiscard]] std::string lower(std::string_view text);
void syntax_error(call& c);
void not_an_integer(call& c);
void wrong_arity(call& c, std::string_view name);
// A subcommand that is none of the others: HELP, which lists them, or a mistake.
void help_or_unknown(call& c, std::string_view container, std::initializer_list<std::string_view> known);

}  // namespace redis
