#include "host/trace/resource_book.hpp"

#include <algorithm>

namespace tokiod::host::trace {
namespace {

// That of the name, else a free one; null: there are as many as are kept.
attribute* attribute_for(resource_record& of, std::string_view name) {
  for (attribute& each : of.attributes) {
    if (each.kind == attribute_kind::none) return &each;
    if (each.name.view() == name) return &each;
  }
  return nullptr;
}

void apply(attribute& to, const state_change& by) {
  const bool fresh = to.kind == attribute_kind::none;
  if (fresh) to.name.set(by.name);
  if (fresh || by.how == change_of_state::set) to.kind = by.kind;
  if (!by.unit.empty()) to.unit.set(by.unit);
  switch (by.how) {
    case change_of_state::set: to.bits = by.bits; break;
    case change_of_state::add: to.bits += by.bits; break;
    case change_of_state::subtract: to.bits -= by.bits; break;
  }
}

// The name as it is kept, so that a long one is found again.
std::string_view kept_name(std::string_view name, short_text<24>& room) {
  room.set(name);
  return room.view();
}

void end(op_record& of, instant_ns now) {
  if (of.dropped == 0) of.dropped = now;
  of.in_poll = false;
}

}  // namespace

std::uint64_t resource_book::begin(const resource_birth& of, const owned_by& whose, instant_ns now) {
  const std::uint64_t id = last_resource_.fetch_add(1, relaxed) + 1;
  const bool begun = resources_.begin(id, [&](resource_record& fresh) {
    fresh.parent = of.parent;
    fresh.owner = whose.owner;
    fresh.internal = of.internal;
    fresh.seen_from_birth = of.seen;
    fresh.line = of.line;
    fresh.type.set(of.type);
    fresh.kind.set(of.kind);
    fresh.instance.set(whose.instance);
    fresh.file.set(of.file);
    fresh.created = now;
  });
  return begun ? id : 0;
}

void resource_book::change(std::uint64_t resource, const state_change& to) {
  (void)resources_.must_change(resource, [&](resource_record& of) {
    short_text<24> room;
    attribute* const found = attribute_for(of, kept_name(to.name, room));
    // What was never set is not known, and stays so; what is no whole number is not added to.
    const bool counts =
        found != nullptr && (found->kind == attribute_kind::whole || found->kind == attribute_kind::negative);
    if (counts || (found != nullptr && to.how == change_of_state::set)) apply(*found, to);
    of.full = of.full || found == nullptr;
  });
}

void resource_book::ends(std::uint64_t resource, instant_ns now) {
  (void)resources_.must_change(resource, [&](resource_record& of) {
    if (of.dropped == 0) of.dropped = now;
  });
}

std::uint64_t resource_book::begin_op(const op_birth& of, const owned_by& whose, instant_ns now) {
  const std::uint64_t id = last_op_.fetch_add(1, relaxed) + 1;
  const bool begun = ops_.begin(id, [&](op_record& fresh) {
    fresh.resource = of.resource;
    fresh.parent = of.parent;
    fresh.owner = whose.owner;
    fresh.task = of.task;
    fresh.source.set(of.source);
    fresh.poll_name.set(of.poll_name);
    fresh.instance.set(whose.instance);
    fresh.created = now;
  });
  return begun ? id : 0;
}

void resource_book::poll_begins(std::uint64_t op, instant_ns now) {
  (void)ops_.change(op, [&](op_record& of) {
    of.last_poll_started = now;
    of.in_poll = true;
  });
}

void resource_book::poll_ends(std::uint64_t op, bool ready, instant_ns now) {
  (void)ops_.must_change(op, [&](op_record& of) {
    ++of.polls;
    if (of.in_poll)
      of.busy += now - of.last_poll_started;
    else
      of.last_poll_started = now;
    of.last_poll_ended = now;
    of.in_poll = false;
    of.ready = ready;
  });
}

void resource_book::op_ends(std::uint64_t op, instant_ns now) {
  (void)ops_.must_change(op, [&](op_record& of) { end(of, now); });
}

void resource_book::end_all_of(std::uintptr_t owner, instant_ns now) {
  const auto its = [=](const auto& each) { return each.owner == owner && each.dropped == 0; };
  resources_.change_all(its, [&](resource_record& of) { of.dropped = now; });
  ops_.change_all(its, [&](op_record& of) { end(of, now); });
}

void resource_book::forget_ended_before(instant_ns time) {
  resources_.forget_ended_before(time);
  ops_.forget_ended_before(time);
}

void resource_book::clear() {
  resources_.clear();
  ops_.clear();
}

}  // namespace tokiod::host::trace
