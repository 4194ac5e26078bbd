// Package chrometest starts a web browser for tests that need a real one.
package chrometest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience is far above what anything in a browser takes.
const Patience = 3 * time.Minute

// Start starts a browser that ends with the test. Its first tab is that of the
// context; chromedp.NewContext opens more. Without a browser the test is
// skipped, and fails where CI is set.
func Start(t testing.TB) context.Context {
	t.Helper()
	path := installed()
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is missing; make test installs it")
		}
		t.Skip("chromium is missing; make test installs it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-popup-blocking", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, Patience)
	t.Cleanup(cancel)
	return ctx
}

func installed() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
