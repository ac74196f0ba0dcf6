package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

func residentBytes() uint64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.ParseUint(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		panic(err)
	}
	return pages * uint64(os.Getpagesize())
}

// What so many goroutines that wait add to the resident size.
func idle(count uint64, wait func(end chan struct{})) uint64 {
	end, parked := make(chan struct{}), make(chan struct{}, 1000)
	before := residentBytes()
	for i := uint64(0); i < count; i++ {
		go func() {
			parked <- struct{}{}
			wait(end)
		}()
	}
	for i := uint64(0); i < count; i++ {
		<-parked
	}
	time.Sleep(20 * time.Millisecond)
	now := residentBytes()
	close(end)
	if now < before {
		return 0
	}
	return now - before
}

func memory() []workload {
	return []workload{
		{"memory_notify", 1, func(count uint64) uint64 { return idle(count, func(end chan struct{}) { <-end }) }, "B"},
		{"memory_sleep", 1, func(count uint64) uint64 { return idle(count, func(chan struct{}) { time.Sleep(10 * time.Minute) }) }, "B"},
	}
}
