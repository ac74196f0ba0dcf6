package main

import (
	"runtime"
	"sync"
	"time"
)

const rivals = 6

func mutexPair(count uint64) uint64 {
	var lock sync.Mutex
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		lock.Lock()
		sink++
		lock.Unlock()
	}
	return since(begin)
}

func semaphorePair(count uint64) uint64 {
	seats := make(chan struct{}, 10)
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		seats <- struct{}{}
		<-seats
	}
	return since(begin)
}

func rwlockRead(count uint64) uint64 {
	var lock sync.RWMutex
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		lock.RLock()
		sink++
		lock.RUnlock()
	}
	return since(begin)
}

func rwlockWrite(count uint64) uint64 {
	var lock sync.RWMutex
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		lock.Lock()
		sink++
		lock.Unlock()
	}
	return since(begin)
}

// So many goroutines, each with its share of the accesses; access yields while it holds what is shared.
func contend(count uint64, access func(i uint64)) uint64 {
	begin := time.Now()
	var group sync.WaitGroup
	group.Add(rivals)
	for i := 0; i < rivals; i++ {
		go func() {
			for j := uint64(0); j < count/rivals; j++ {
				access(j)
			}
			group.Done()
		}()
	}
	group.Wait()
	return since(begin)
}

func mutexContended(count uint64) uint64 {
	var lock sync.Mutex
	return contend(count, func(uint64) {
		lock.Lock()
		runtime.Gosched()
		lock.Unlock()
	})
}

func semaphoreContended(count uint64) uint64 {
	seats := make(chan struct{}, 2)
	return contend(count, func(uint64) {
		seats <- struct{}{}
		runtime.Gosched()
		<-seats
	})
}

// Every fourth access writes.
func rwlockContended(count uint64) uint64 {
	var lock sync.RWMutex
	return contend(count, func(i uint64) {
		if i%4 == 0 {
			lock.Lock()
			runtime.Gosched()
			lock.Unlock()
		} else {
			lock.RLock()
			runtime.Gosched()
			lock.RUnlock()
		}
	})
}

func locks() []workload {
	return []workload{
		{"mutex", 1, mutexPair, "ns"},
		{"semaphore", 1, semaphorePair, "ns"},
		{"rwlock_read", 1, rwlockRead, "ns"},
		{"rwlock_write", 1, rwlockWrite, "ns"},
		{"mutex_contended", rivals, mutexContended, "ns"},
		{"semaphore_contended", rivals, semaphoreContended, "ns"},
		{"rwlock_contended", rivals, rwlockContended, "ns"},
	}
}
