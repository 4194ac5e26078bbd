package ui_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"till/ui"
)

func TestTickEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		if msg := ui.Tick(ctx, time.Minute, "now")(); msg != "now" || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", msg, time.Since(began))
		}
		tick := ui.Tick(ctx, time.Minute, "now")
		time.AfterFunc(time.Second, cancel)
		began = time.Now()
		if msg := tick(); msg != nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", msg, time.Since(began))
		}
	})
}
