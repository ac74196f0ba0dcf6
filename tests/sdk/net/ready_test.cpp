// What is waited for and what is ready, as values: rows NX-15 and NX-16.
#include "tokio/net/ready.hpp"

#include <doctest/doctest.h>

using tokio::net::interest;
using tokio::net::ready;

TEST_CASE("[NX-15] interests are added and removed, and never become nothing") {
  const auto both = interest::readable() | interest::writable();
  CHECK(both.is_readable());
  CHECK(both.is_writable());
  CHECK_FALSE(both.is_priority());
  CHECK_FALSE(both.is_error());
  CHECK(both.remove(interest::writable()) == interest::readable());
  CHECK(both.remove(interest::priority()) == both);
  CHECK_FALSE(both.remove(both).has_value());
  CHECK_FALSE(interest::error().remove(interest::error()).has_value());
  CHECK(interest::priority().add(interest::error()).is_error());
  auto grown = interest::readable();
  grown |= interest::priority();
  CHECK(grown == (interest::priority() | interest::readable()));
  CHECK(grown != interest::readable());
}

TEST_CASE("[NX-16] readiness is a set, with everything that sets can do") {
  CHECK(ready::empty().is_empty());
  CHECK(ready() == ready::empty());
  const ready each[] = {ready::readable(),     ready::writable(), ready::read_closed(),
                        ready::write_closed(), ready::priority(), ready::error()};
  ready all;
  for (const auto one : each) {
    CHECK_FALSE(all.intersects(one));
    all |= one;
    CHECK(all.contains(one));
    CHECK(one - one == ready::empty());
    CHECK((ready::all() - one) != ready::all());
  }
  CHECK(all == ready::all());
  CHECK_FALSE(ready::readable().contains(ready::readable() | ready::writable()));
  CHECK((ready::readable() | ready::error()).intersects(ready::error() | ready::writable()));
  all &= ready::readable() | ready::error();
  CHECK(all == (ready::error() | ready::readable()));
  all -= ready::error();
  CHECK(all == ready::readable());
  CHECK((ready::all() & ready::priority()) == ready::priority());
}

TEST_CASE("[NX-16] an end counts as ready: a read or a write does not wait any more") {
  CHECK(ready::read_closed().is_readable());
  CHECK(ready::write_closed().is_writable());
  CHECK_FALSE(ready::read_closed().is_writable());
  CHECK_FALSE(ready::readable().is_read_closed());
  CHECK(ready::priority().is_priority());
  CHECK(ready::error().is_error());
  CHECK_FALSE(ready::error().is_readable());
}

TEST_CASE("[NX-16] what a wait for an interest may end with") {
  CHECK(ready::from_interest(interest::readable()) == (ready::readable() | ready::read_closed()));
  CHECK(ready::from_interest(interest::writable()) == (ready::writable() | ready::write_closed()));
  CHECK(ready::from_interest(interest::priority()) == (ready::priority() | ready::read_closed()));
  CHECK(ready::from_interest(interest::error()) == ready::error());
  CHECK(ready::from_interest(interest::readable() | interest::writable() | interest::error() | interest::priority()) ==
        ready::all());
}
