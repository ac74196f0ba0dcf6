package main

import "time"

const producers = 5

func oneshot(count uint64) uint64 {
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		once := make(chan uint64, 1)
		once <- i
		sink += <-once
	}
	return since(begin)
}

func sendThenReceive(count uint64) uint64 {
	begin := time.Now()
	through := make(chan uint64, batch)
	for done := uint64(0); done < count; done += batch {
		for i := uint64(0); i < batch; i++ {
			through <- i
		}
		for i := 0; i < batch; i++ {
			sink += <-through
		}
	}
	return since(begin)
}

func contended(count uint64, room int, senders uint64) uint64 {
	through := make(chan uint64, room)
	begin := time.Now()
	for i := uint64(0); i < senders; i++ {
		go func() {
			for j := uint64(0); j < count/senders; j++ {
				through <- j
			}
		}()
	}
	for i := uint64(0); i < count; i++ {
		sink += <-through
	}
	return since(begin)
}

func requestResponse(count uint64) uint64 {
	requests := make(chan chan int, 10)
	go func() {
		for reply := range requests {
			reply <- 1
		}
	}()
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		reply := make(chan int, 1)
		requests <- reply
		<-reply
	}
	took := since(begin)
	close(requests)
	return took
}

// A round trip between two goroutines.
func roundTrips(count uint64) uint64 {
	there, back := make(chan struct{}, 1), make(chan struct{}, 1)
	go func() {
		for range there {
			back <- struct{}{}
		}
	}()
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		there <- struct{}{}
		<-back
	}
	took := since(begin)
	close(there)
	return took
}

func channels() []workload {
	return []workload{
		{"oneshot", 1, oneshot, "ns"},
		{"mpsc_bounded", batch, sendThenReceive, "ns"},
		{"mpsc_contended", producers * batch, func(count uint64) uint64 { return contended(count, 1000000, producers) }, "ns"},
		{"mpsc_contended_full", producers * batch, func(count uint64) uint64 { return contended(count, 100, producers) }, "ns"},
		{"mpsc_stream", batch, func(count uint64) uint64 { return contended(count, 128, 1) }, "ns"},
		{"request_response", 1, requestResponse, "ns"},
		{"notify", 1, roundTrips, "ns"},
	}
}
