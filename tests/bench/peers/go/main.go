// Go as a peer of tests/bench: the shapes of plugins/bench that goroutines and channels have, under the same names.
// usage: go_peer WORKERS; then one request a line, one JSON object a line back: `list`; `run NAME COUNT`; `serve`.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// run gives the total, in unit, of so many operations; step is how many only come together.
type workload struct {
	name string
	step uint64
	run  func(count uint64) uint64
	unit string
}

func workloads() []workload {
	all := scheduling()
	all = append(all, channels()...)
	all = append(all, locks()...)
	all = append(all, timers()...)
	all = append(all, memory()...)
	return append(all, workload{"echo", 1, echo, "ns"})
}

// What the compiler must not know.
var sink uint64

func since(begin time.Time) uint64 {
	return uint64(time.Since(begin).Nanoseconds())
}

func names() string {
	quoted := []string{}
	for _, each := range workloads() {
		quoted = append(quoted, strconv.Quote(each.name))
	}
	return "{\"workloads\":[" + strings.Join(quoted, ",") + "]}"
}

func measured(name string, asked uint64) string {
	for _, each := range workloads() {
		if each.name == name {
			count := (asked + each.step - 1) / each.step * each.step
			if count == 0 {
				count = each.step
			}
			return fmt.Sprintf("{\"workload\":%q,\"operations\":%d,\"total\":%d,\"unit\":%q}", name, count, each.run(count), each.unit)
		}
	}
	return fmt.Sprintf("{\"error\":\"there is no workload %s\"}", name)
}

func answer(line string) string {
	words := strings.Fields(line)
	switch {
	case len(words) == 1 && words[0] == "list":
		return names()
	case len(words) == 1 && words[0] == "serve":
		return fmt.Sprintf("{\"port\":%d}", serve())
	case len(words) == 3 && words[0] == "run":
		if count, err := strconv.ParseUint(words[2], 10, 64); err == nil {
			return measured(words[1], count)
		}
	}
	return "{\"error\":\"expected list, run NAME COUNT or serve\"}"
}

func main() {
	workers := 0
	if len(os.Args) == 2 {
		workers, _ = strconv.Atoi(os.Args[1])
	}
	if workers < 1 {
		fmt.Fprintln(os.Stderr, "usage: go_peer WORKERS, a number from 1")
		os.Exit(64)
	}
	runtime.GOMAXPROCS(workers)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(answer(lines.Text()))
	}
}
