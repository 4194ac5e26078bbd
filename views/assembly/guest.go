package assembly

import (
	"net/http"
	"time"

	"till/moneykit"
	"till/moneykit/inspect"
	"till/moneykit/privacy"
	"till/moneykit/sandbox"
	"till/views"
)

// guestURL stands for a Sandbox that is not reached over a network.
const guestURL = "http://127.0.0.1"

// What one guest may make of a Sandbox.
var bounds = sandbox.Bounds{Links: 40, Steps: 200, Clock: 2 * 365 * 24 * time.Hour, Transactions: 20_000}

// guestLog bounds what is kept of a guest's requests.
var guestLog = inspect.WithBounds(100, 1<<20)

// Guest returns the App of one guest: a Sandbox in memory that is theirs alone, and
// nothing of this computer.
func Guest(version string, seed uint64, readOnly bool) *views.App {
	world := sandbox.New(sandbox.WithSeed(seed), sandbox.WithoutWebhooks(), sandbox.WithBounds(bounds))
	wire := line{
		version:   version,
		transport: func(string) http.RoundTripper { return world.Transport() },
		options: func(string) []moneykit.Option {
			return []moneykit.Option{moneykit.WithRateLimit(0, 0), moneykit.WithClock(world.Now)}
		},
	}
	apps := pair{build: func(mask *privacy.Mask) *views.App {
		app := &views.App{
			Guest: true, ReadOnly: readOnly,
			Sandbox: func() (views.Embedded, error) { return embedded(world, guestURL, mask), nil },
		}
		wire.lay(app, mask, guestLog)
		return app
	}}
	return apps.app(false)
}
