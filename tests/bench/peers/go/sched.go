package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	batch         = 1000
	yieldingTasks = 200
	leaves        = 1000000
)

func spawnDetached(count uint64) uint64 {
	begin := time.Now()
	for done := uint64(0); done < count; done += batch {
		left, end := int64(batch), make(chan struct{}, 1)
		for i := 0; i < batch; i++ {
			go func() {
				if atomic.AddInt64(&left, -1) == 0 {
					end <- struct{}{}
				}
			}()
		}
		<-end
	}
	return since(begin)
}

func spawnJoin(count uint64) uint64 {
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		end := make(chan struct{}, 1)
		go func() { end <- struct{}{} }()
		<-end
	}
	return since(begin)
}

func yieldMany(count uint64) uint64 {
	begin := time.Now()
	var group sync.WaitGroup
	group.Add(yieldingTasks)
	for i := 0; i < yieldingTasks; i++ {
		go func() {
			for j := uint64(0); j < count/yieldingTasks; j++ {
				runtime.Gosched()
			}
			group.Done()
		}()
	}
	group.Wait()
	return since(begin)
}

func chain(end chan struct{}, left int) {
	if left == 0 {
		end <- struct{}{}
	} else {
		go chain(end, left-1)
	}
}

func chainedSpawn(count uint64) uint64 {
	begin := time.Now()
	for done := uint64(0); done < count; done += batch {
		end := make(chan struct{}, 1)
		go chain(end, batch)
		<-end
	}
	return since(begin)
}

func ask(group *sync.WaitGroup) {
	there, back := make(chan struct{}, 1), make(chan struct{}, 1)
	go func() {
		<-there
		back <- struct{}{}
	}()
	there <- struct{}{}
	<-back
	group.Done()
}

func pingPong(count uint64) uint64 {
	begin := time.Now()
	for done := uint64(0); done < count; done += batch {
		var group sync.WaitGroup
		group.Add(batch)
		for i := 0; i < batch; i++ {
			go ask(&group)
		}
		group.Wait()
	}
	return since(begin)
}

func skynetNode(to chan uint64, number, size uint64) {
	if size == 1 {
		to <- number
		return
	}
	sums := make(chan uint64, 10)
	for i := uint64(0); i < 10; i++ {
		go skynetNode(sums, number+i*(size/10), size/10)
	}
	sum := uint64(0)
	for i := 0; i < 10; i++ {
		sum += <-sums
	}
	to <- sum
}

func skynet(count uint64) uint64 {
	begin := time.Now()
	for done := uint64(0); done < count; done += leaves {
		to := make(chan uint64, 1)
		go skynetNode(to, 0, leaves)
		if <-to != leaves*(leaves-1)/2 {
			panic("skynet added up to something else")
		}
	}
	return since(begin)
}

func longPolls(count uint64) uint64 {
	begin := time.Now()
	var group sync.WaitGroup
	group.Add(int(count))
	for i := uint64(0); i < count; i++ {
		go func() {
			for start := time.Now(); time.Since(start) < time.Millisecond; {
			}
			group.Done()
		}()
	}
	group.Wait()
	return since(begin)
}

func scheduling() []workload {
	return []workload{
		{"spawn", batch, spawnDetached, "ns"},
		{"spawn_join", 1, spawnJoin, "ns"},
		{"yield", yieldingTasks, yieldMany, "ns"},
		{"chained_spawn", batch, chainedSpawn, "ns"},
		{"ping_pong", batch, pingPong, "ns"},
		{"skynet", leaves, skynet, "ns"},
		{"long_polls", 20, longPolls, "ns"},
	}
}
