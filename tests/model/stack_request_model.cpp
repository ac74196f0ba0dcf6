// The question for a stack: an asker that takes its question back, and asks again, and a thread that answers late.
#include "base/stack_request.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"

using namespace tokiod;
using namespace tokiod::model;

namespace {

// Each signal is a chance to answer, whenever it comes; the answer is in a cell, so that a race on it is found.
void asker_against_answerer() {
  basic_stack_request<model_policy> request;
  cell<int> answer{0};
  int written = 0;
  thread asked([&] {
    for (int signal = 0; signal < 2; ++signal) {
      if (!request.begin()) continue;
      answer.set(answer.get() + 1);
      ++written;
      request.finish();
    }
  });
  int read = 0;
  for (int question = 0; question < 2; ++question) {
    if (!request.ask()) continue;
    if (request.answered()) {
      read = answer.get();
    } else if (request.withdraw()) {
      answer.set(answer.get());  // nobody else touches it now
    } else if (request.answered()) {
      read = answer.get();
    }
  }
  asked.join();
  check(read <= written, "an answer that nobody gave");
}

// A question that is not taken back and meets a signal is answered, and so is the next one.
void each_question_is_answered() {
  basic_stack_request<model_policy> request;
  cell<int> answer{0};
  event signal;
  thread asked([&] {
    for (int i = 1; i <= 2; ++i) {
      signal.wait();
      check(request.begin(), "a question is not heard");
      answer.set(i);
      request.finish();
    }
  });
  for (int i = 1; i <= 2; ++i) {
    check(request.ask(), "an answered question is open still");
    signal.set();
    while (!request.answered()) model_policy::yield();
    check(answer.get() == i, "an answer is missing");
  }
  asked.join();
}

using change = mutant::change;

}  // namespace

TEST_CASE("an answer is touched by the thread that gives it or by the one that asked, never by both") {
  passes(asker_against_answerer);
}

TEST_CASE("a question that is heard is answered") { passes(each_question_is_answered); }

TEST_CASE("mutants of the question are caught") {
  catches({change::drop_write, "ask", "store"}, each_question_is_answered);
  catches({change::blind, "answered", "load"}, each_question_is_answered);
  catches({change::drop_write, "finish", "store"}, each_question_is_answered);
  catches({change::weaken, "ask", "load"}, asker_against_answerer);
  catches({change::weaken, "ask", "store"}, asker_against_answerer);
  catches({change::weaken, "answered", "load"}, asker_against_answerer);
  catches({change::blind, "ask", "load"}, asker_against_answerer);
  catches({change::split, "withdraw", "cas"}, asker_against_answerer);
  catches({change::weaken, "begin", "cas"}, asker_against_answerer);
  catches({change::split, "begin", "cas"}, asker_against_answerer);
  catches({change::weaken, "finish", "store"}, asker_against_answerer);
  catches({change::drop_write, "withdraw", "cas"}, asker_against_answerer);
}
