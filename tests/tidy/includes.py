"""A file includes what it names of the standard library and of the packages: by itself, or by headers of ours.

The compiler cannot say so, because it reads these from precompiled headers (scripts/cmake/precompile.cmake). A name that
stands in no list here is a fault, so the lists stay complete.
"""
import re

STANDARD = {
    "algorithm": """adjacent_find all_of any_of clamp copy copy_if copy_n count count_if equal fill fill_n find find_if
        max max_element min min_element minmax none_of remove_if replace reverse rotate sort stable_sort transform unique
        ranges::adjacent_find ranges::all_of ranges::any_of ranges::binary_search ranges::copy ranges::copy_if
        ranges::count ranges::count_if ranges::equal ranges::fill ranges::find ranges::find_if ranges::for_each
        ranges::is_sorted ranges::lower_bound ranges::max ranges::max_element ranges::min ranges::min_element ranges::move
        ranges::none_of ranges::partition_point ranges::replace ranges::reverse ranges::shuffle ranges::sort ranges::stable_sort
        ranges::transform ranges::upper_bound""",
    "array": "array to_array",
    "atomic": """atomic atomic_bool atomic_flag atomic_ref atomic_signal_fence memory_order memory_order_acq_rel
        memory_order_acquire memory_order_relaxed memory_order_release memory_order_seq_cst""",
    "barrier": "barrier",
    "bit": "bit_cast bit_ceil bit_floor bit_width byteswap countl_zero countr_zero endian has_single_bit popcount rotl rotr",
    "cctype": "isalnum isalpha isdigit isprint isspace isxdigit tolower toupper",
    "charconv": "chars_format from_chars from_chars_result to_chars to_chars_result",
    "chrono": "chrono chrono_literals",
    "clocale": "setlocale",
    "cmath": "abs ceil exp floor fmod isfinite isinf isnan llround log lround pow round sqrt",
    "compare": "partial_ordering strong_ordering weak_ordering",
    "concepts": """constructible_from convertible_to copy_constructible copyable default_initializable derived_from
        equality_comparable floating_point integral invocable move_constructible movable predicate regular_invocable
        same_as signed_integral swappable totally_ordered unsigned_integral""",
    "condition_variable": "condition_variable condition_variable_any cv_status",
    "coroutine": "coroutine_handle coroutine_traits noop_coroutine suspend_always suspend_never",
    "csignal": "raise sig_atomic_t signal",
    "cstddef": "byte max_align_t nullptr_t ptrdiff_t size_t to_integer",
    "cstdint": """int16_t int32_t int64_t int8_t intptr_t uint16_t uint32_t uint64_t uint8_t uintptr_t uint_least32_t
        uintmax_t intmax_t""",
    "cstdio": """FILE fclose fflush fgetc fgets fopen fprintf fputc fputs fread fwrite getchar perror printf puts remove
        rename setvbuf snprintf sscanf vsnprintf""",
    "cstdlib": """abort aligned_alloc atexit atoi atoll calloc div exit _Exit free getenv malloc quick_exit realloc strtod
        strtol strtoll strtoul strtoull system""",
    "cstring": "memchr memcmp memcpy memmove memset strchr strcmp strerror strlen strncmp strrchr strstr",
    "ctime": "gmtime localtime mktime strftime time time_t tm timespec",
    "deque": "deque",
    "exception": """current_exception exception exception_ptr make_exception_ptr rethrow_exception set_terminate
        terminate uncaught_exceptions""",
    "expected": "bad_expected_access expected unexpect unexpect_t unexpected",
    "filesystem": "filesystem",
    "fstream": "fstream ifstream ofstream",
    "functional": """bind_front cref equal_to function greater hash invoke less mem_fn move_only_function plus ref
        reference_wrapper""",
    "future": "future promise",
    "initializer_list": "initializer_list",
    "iomanip": "setfill setprecision setw",
    "ios": "dec hex ios",
    "iostream": "cerr cin clog cout",
    "istream": "istream",
    "iterator": """advance back_inserter begin default_sentinel default_sentinel_t distance end empty input_iterator
        inserter istreambuf_iterator iter_reference_t iter_value_t next prev rbegin rend size ssize data""",
    "latch": "latch",
    "limits": "numeric_limits",
    "list": "list",
    "map": "map multimap",
    "memory": """addressof allocator bad_weak_ptr construct_at default_delete destroy_at enable_shared_from_this
        make_shared make_unique make_unique_for_overwrite pointer_traits shared_ptr to_address uninitialized_copy unique_ptr
        weak_ptr""",
    "mutex": "adopt_lock call_once defer_lock lock_guard mutex once_flag recursive_mutex scoped_lock timed_mutex try_to_lock unique_lock",
    "new": "align_val_t bad_alloc bad_array_new_length launder nothrow nothrow_t get_new_handler set_new_handler",
    "numbers": "numbers",
    "numeric": "accumulate gcd iota lcm midpoint reduce",
    "optional": "bad_optional_access make_optional nullopt nullopt_t optional",
    "ostream": "endl flush ostream",
    "queue": "priority_queue queue",
    "random": "mt19937 mt19937_64 random_device uniform_int_distribution uniform_real_distribution",
    "ranges": """ranges::begin ranges::borrowed_range ranges::contiguous_range ranges::data ranges::end
        ranges::input_range ranges::iter_move ranges::range ranges::range_reference_t ranges::range_value_t ranges::size
        ranges::sized_range ranges::subrange ranges::view ranges::views views ranges::to""",
    "ratio": "milli micro nano ratio",
    "semaphore": "binary_semaphore counting_semaphore",
    "set": "multiset set",
    "shared_mutex": "shared_lock shared_mutex",
    "source_location": "source_location",
    "span": "as_bytes as_writable_bytes dynamic_extent span",
    "sstream": "istringstream ostringstream stringstream",
    "streambuf": "streambuf",
    "stdexcept": "domain_error invalid_argument length_error logic_error out_of_range overflow_error range_error runtime_error",
    "stop_token": "stop_source stop_token",
    "streambuf": "streambuf",
    "string": """basic_string char_traits erase erase_if getline stod stoi stol stoul stoull string string_literals
        to_string wstring""",
    "string_view": "basic_string_view string_view",
    "system_error": "errc error_category error_code generic_category make_error_code system_category system_error",
    "thread": "jthread this_thread thread",
    "tuple": "apply forward_as_tuple get ignore make_from_tuple make_tuple tie tuple tuple_cat tuple_element_t tuple_size_v",
    "type_traits": """add_const_t common_type_t conditional_t decay_t enable_if_t extent_v false_type has_virtual_destructor_v
        integral_constant invoke_result_t is_abstract_v is_arithmetic_v is_array_v is_base_of_v is_class_v is_const_v
        is_constant_evaluated is_convertible_v is_copy_constructible_v is_default_constructible_v is_empty_v is_enum_v
        is_constructible_v is_destructible_v is_final_v is_floating_point_v is_function_v is_integral_v is_invocable_r_v
        is_invocable_v is_lvalue_reference_v is_move_constructible_v is_nothrow_constructible_v
        is_nothrow_default_constructible_v is_nothrow_destructible_v is_nothrow_invocable_v
        is_nothrow_move_assignable_v is_nothrow_move_constructible_v is_object_v is_pointer_v is_reference_v
        is_rvalue_reference_v is_same_v is_scoped_enum_v is_signed_v is_standard_layout_v is_trivially_copyable_v
        is_trivially_destructible_v is_unsigned_v is_void_v make_signed_t make_unsigned_t remove_const_t remove_cv_t
        remove_cvref_t remove_pointer_t remove_reference_t true_type type_identity_t underlying_type_t void_t""",
    "typeinfo": "type_info",
    "unordered_map": "unordered_map unordered_multimap",
    "unordered_set": "unordered_set",
    "utility": """as_const cmp_equal cmp_greater cmp_less declval exchange forward forward_like in_place in_place_index
        in_place_index_t in_place_t in_place_type index_sequence index_sequence_for integer_sequence make_index_sequence
        make_pair move move_if_noexcept pair swap to_underlying unreachable""",
    "variant": "bad_variant_access get_if holds_alternative monostate variant variant_alternative_t variant_size_v visit",
    "vector": "vector",
}
# What a header gives away besides its own names, in any implementation worth the name.
CONTAINERS = "array deque map set span string string_view unordered_map unordered_set vector".split()
GIVES = {header: {"initializer_list", "iterator", "utility"} for header in CONTAINERS}
for header, others in {
    "algorithm": "utility", "atomic": "cstdint", "condition_variable": "mutex chrono", "expected": "utility exception",
    "fstream": "ios istream ostream string", "functional": "tuple utility", "future": "chrono exception memory mutex thread",
    "iostream": "ios istream ostream string", "istream": "ios string", "memory": "utility new", "mutex": "chrono utility",
    "optional": "utility exception", "ostream": "ios string", "ranges": "iterator concepts utility", "semaphore": "chrono",
    "shared_mutex": "chrono mutex", "sstream": "ios istream ostream string", "stdexcept": "exception string",
    "string": "string_view", "system_error": "stdexcept string", "thread": "chrono utility stop_token compare",
    "tuple": "utility", "variant": "utility", "filesystem": "string chrono system_error", "exception": "typeinfo",
    "new": "exception", "chrono": "cstdint ratio", "unordered_map": "utility", "coroutine": "compare",
}.items():
    GIVES.setdefault(header, set()).update(others.split())
for header in STANDARD:
    if not (header.startswith("c") and header[1:] in
            "ctype math signal stddef stdint stdio stdlib string time".split()):  # a header of C gives nothing but its own
        GIVES.setdefault(header, set()).update({"cstddef", "type_traits"})
for header in "cstdio cstdlib cstring ctime".split():
    GIVES[header] = {"cstddef size_t"}
# A name that several headers give, each by right.
ALSO = {
    "errc": ["charconv"], "erase": CONTAINERS, "erase_if": CONTAINERS, "get": ["array", "utility", "variant", "ranges"],
    "hash": ["string", "memory", "optional", "thread"],
    "swap": ["memory"], "abs": ["cstdlib"], "move": ["algorithm"], "remove": ["algorithm"],
    "begin": CONTAINERS, "ranges::size": CONTAINERS, "ranges::data": CONTAINERS, "allocator": CONTAINERS, "getline": ["istream"],
    "time_t": ["chrono"], "ios": ["fstream"], "less": ["map", "set"], "equal_to": ["unordered_map"], "byte": ["span"],
}
HOLDERS = {}
for header, names in STANDARD.items():
    for name in names.split():
        HOLDERS.setdefault(name, set()).add(header)
for name, headers in ALSO.items():
    HOLDERS.setdefault(name, set()).update(headers)

# Names without std::, by what they look like.
PLAIN = [
    (re.compile(r"\b(errno|E(?:INTR|AGAIN|WOULDBLOCK|INVAL|NOENT|EXIST|MFILE|NFILE|NOMEM|PIPE|BADF|ACCES|PERM|CONN\w+|"
                r"ADDR\w+|NOT\w+|IO|TIMEDOUT|INPROGRESS|MSGSIZE))\b"), {"cerrno", "errno.h"}),
    (re.compile(r"(?<![\w.:>])(memcpy|memset|memcmp|memmove|strcmp|strncmp|strerror|strchr|strrchr|strstr)\("),
     {"cstring", "string.h"}),
    (re.compile(r"\b(SIG(?:INT|TERM|HUP|KILL|STOP|CONT|USR1|USR2|PIPE|CHLD|SEGV|ABRT|_BLOCK|_SETMASK|_IGN|_DFL)|sigset_t|"
                r"sigaction)\b"), {"csignal", "signal.h"}),
    (re.compile(r"(?<![\w.:>])(INT_MAX|INT_MIN|UINT_MAX|LONG_MAX|PATH_MAX|IOV_MAX|CHAR_BIT)\b"), {"climits", "limits.h"}),
    (re.compile(r"(?<![\w.:>])(clock_gettime|CLOCK_\w+|timespec|nanosleep|localtime_r|gmtime_r)\b"),
     {"ctime", "time.h", "chrono"}),
    (re.compile(r"(?<![\w.:>])(malloc|calloc|realloc|getenv|setenv|unsetenv|mkdtemp|strtol|strtoul|strtoull)\("),
     {"cstdlib", "stdlib.h"}),
    (re.compile(r"(?<![\w.:>])(?<!auto )(snprintf|fprintf|printf|fopen|fclose|fputs|vsnprintf|rename)\("), {"cstdio", "stdio.h"}),
    (re.compile(r"(?<![\w.:>])(pthread_\w+)\("), {"pthread.h", "thread", "csignal", "signal.h"}),
    (re.compile(r"(?<![\w.:>])(sched_\w+|CPU_\w+)\("), {"sched.h", "pthread.h"}),
    (re.compile(r"\b(nlohmann)::"), {"nlohmann/json.hpp"}),
    (re.compile(r"^\s*(TEST_CASE|TEST_SUITE|CHECK\w*|REQUIRE\w*|SUBCASE|INFO|CAPTURE|FAIL\w*)\(", re.M),
     {"doctest/doctest.h"}),
]
USED = re.compile(r"(?<![\w:])(?:::)?std::((?:ranges::)?\w+)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def bare(text):
    """Code alone: no comments, no directives, and strings emptied."""
    text = re.sub(r'R"(\w*)\((.*?)\)\1"', lambda m: '""' + "\n" * m.group(0).count("\n"), text, flags=re.S)
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"|//[^\n]*', lambda m: '""' if m.group(0)[0] == '"' else "", text)
    return re.sub(r"^\s*#\s*include[^\n]*", "", text, flags=re.M)


def given(outside):
    """What these headers give: the header names, and "header name" where only one name is given."""
    have, todo = set(), list(outside)
    while todo:
        header = todo.pop()
        if header not in have:
            have.add(header)
            todo += GIVES.get(header, ())
    return have


def check_names(path, text, outside):
    """Faults of a file whose own closure of includes names the outside headers `outside`."""
    code, have = bare(text), given(outside)
    seen = set()
    for found in USED.finditer(code):
        name = found.group(1)
        if name in seen:
            continue
        seen.add(name)
        line = code.count("\n", 0, found.start()) + 1
        if name not in HOLDERS:
            yield f"{path}:{line}: std::{name} is in no list of tests/tidy/includes.py"
        elif not HOLDERS[name] & have and not any(f"{h} {name}" in have for h in HOLDERS[name]):
            yield f"{path}:{line}: std::{name} needs one of <{'>, <'.join(sorted(HOLDERS[name]))}>"
    for pattern, headers in PLAIN:
        found = pattern.search(code)
        if found and not headers & have:
            line = code.count("\n", 0, found.start(1)) + 1
            yield f"{path}:{line}: {found.group(1)} needs one of <{'>, <'.join(sorted(headers))}>"


class Closure:
    """Which headers from outside of the tree a file includes, by itself or by headers of the tree."""

    def __init__(self, files, read):
        self.files, self.read, self.known = set(files), read, {}

    def resolve(self, path, name):
        folder = path.rsplit("/", 1)[0]
        while folder:
            if f"{folder}/{name}" in self.files:
                return f"{folder}/{name}"
            folder = folder.rsplit("/", 1)[0] if "/" in folder else ""
        for root in ("daemon", "plugin-api/include", "tests", "tests/model", "plugins", "plugins/redis", "plugins/http", "plugins/support"):
            if f"{root}/{name}" in self.files:
                return f"{root}/{name}"
        return None

    def outside(self, path):
        found, todo, seen = set(), [path], {path}
        while todo:
            for kind, name in self.direct(todo.pop()):
                if kind == "outside":
                    found.add(name)
                elif name not in seen:
                    seen.add(name)
                    todo.append(name)
        return found

    def direct(self, path):
        if path not in self.known:
            rows = []
            for found in INCLUDE.finditer(self.read(path) or ""):
                inside = self.resolve(path, found.group(2))
                rows.append(("inside", inside) if inside else ("outside", found.group(2)))
            self.known[path] = rows
        return self.known[path]
