package main

import "time"

const outstanding = 1000000

func insertAndCancel(count uint64) uint64 {
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		time.NewTimer(10 * time.Second).Stop()
	}
	return since(begin)
}

func amongAMillion(count uint64) uint64 {
	others := make([]*time.Timer, outstanding)
	for i := range others {
		others[i] = time.NewTimer(60*time.Second + time.Duration(i*7919%60000000)*time.Microsecond)
	}
	took := insertAndCancel(count)
	for _, each := range others {
		each.Stop()
	}
	return took
}

func tickLateness(count uint64) uint64 {
	late := time.Duration(0)
	due := time.Now()
	for i := uint64(0); i < count; i++ {
		due = due.Add(time.Millisecond)
		time.Sleep(time.Until(due))
		late += time.Since(due)
	}
	return uint64(late.Nanoseconds())
}

func timers() []workload {
	return []workload{
		{"timer", 1, insertAndCancel, "ns"},
		{"sleeps_outstanding", 100000, amongAMillion, "ns"},
		{"interval", 1, tickLateness, "ns late"},
	}
}
