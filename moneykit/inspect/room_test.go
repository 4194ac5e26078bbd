package inspect_test

import (
	"runtime"
	"testing"

	"till/moneykit/inspect"
)

// Many logs that hold little take little.
func TestAnEmptyLogTakesNoRoom(t *testing.T) {
	var before, after runtime.MemStats
	logs := make([]*inspect.Log, 100)
	runtime.ReadMemStats(&before)
	for i := range logs {
		logs[i] = inspect.NewLog()
		logs[i].Add(weighing(1))
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / uint64(len(logs)); each > 8<<10 {
		t.Errorf("a log takes %d bytes", each)
	}
	runtime.KeepAlive(logs)
}
