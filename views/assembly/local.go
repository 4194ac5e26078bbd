package assembly

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/adrg/xdg"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/mirror"
	"till/moneykit/privacy"
	"till/moneykit/sandbox"
	"till/moneykit/watch"
	"till/moneykit/webhooks"
	"till/views"
)

// sandboxConnections are opened to the embedded Sandbox.
const sandboxConnections = 2

// Config says how a Local is wanted.
type Config struct {
	Version      string // of this program
	ReadOnly     bool
	Sensitive    bool // keep account numbers and identity in the mirror too
	Poll         *float64
	PollInFlight int
}

// Local is what there is on this computer: its keyring, its mirrors, its browser, and a
// Sandbox that runs in this process.
type Local struct {
	config            Config
	keys              func() (*keystore.Store, error)
	sandbox           func() (*sandbox.Server, error)
	world             *sandbox.Sandbox
	server            *sandbox.Server // nil until it was asked for
	network, loopback *http.Transport
	apps              pair
}

// NewLocal puts a Local together. Nothing slow happens before a screen asks.
func NewLocal(c Config) *Local {
	l := &Local{config: c, keys: kept(func() (*keystore.Store, error) { return keystore.Open() })}
	l.network = http.DefaultTransport.(*http.Transport).Clone()
	l.network.MaxIdleConnsPerHost = max(watch.DefaultInFlight, c.PollInFlight) // as many as the watcher reads at once
	// The Sandbox shares this machine's cores: more connections only contend.
	l.loopback = l.network.Clone()
	l.loopback.MaxConnsPerHost = sandboxConnections
	l.sandbox = kept(func() (server *sandbox.Server, err error) {
		l.world = sandbox.New()
		l.server, err = l.world.Listen()
		return l.server, err
	})
	l.apps.build = l.build
	return l
}

// App returns what the program works with, with privacy on or off.
func (l *Local) App(private bool) *views.App { return l.apps.app(private) }

// Finish waits for files that are being exported, but not for longer than this.
func (l *Local) Finish(atMost time.Duration) {
	began := time.Now()
	for _, app := range []*views.App{l.apps.plain, l.apps.masked} {
		if app != nil {
			app.Finish(atMost - time.Since(began))
		}
	}
}

// Close ends the Sandbox, if it runs.
func (l *Local) Close() {
	if l.server != nil {
		_ = l.server.Close()
	}
}

// ours reports whether the Sandbox of this process answers at that URL.
func (l *Local) ours(baseURL string) bool { return l.server != nil && baseURL == l.server.URL() }

func (l *Local) transport(baseURL string) http.RoundTripper {
	if l.ours(baseURL) {
		return l.loopback
	}
	return l.network
}

func (l *Local) options(baseURL string) []moneykit.Option {
	if l.ours(baseURL) {
		return []moneykit.Option{moneykit.WithRateLimit(0, 0), moneykit.WithClock(l.world.Now)} // nobody else's server
	}
	return nil
}

func (l *Local) build(mask *privacy.Mask) *views.App {
	app := &views.App{
		Keys: l.keys, ReadOnly: l.config.ReadOnly, MirrorSensitive: l.config.Sensitive, Poll: l.config.Poll, PollInFlight: l.config.PollInFlight,
		Webhooks: func(ctx context.Context, c *moneykit.Client, config webhooks.Config) (views.WebhookReceiver, error) {
			receiver, err := webhooks.Listen(ctx, c, config)
			if err != nil {
				return nil, err
			}
			return receiver, nil
		},
		Mirror: func(ctx context.Context, p keystore.Profile) (views.KeptMirror, error) {
			keys, err := l.keys()
			if err != nil {
				return views.KeptMirror{}, err
			}
			return views.OpenMirror(ctx, keys.MirrorKey, mirrors(), p)
		},
		ForgetMirror: func(p keystore.Profile) error { return mirror.Forget(views.MirrorPath(mirrors(), p)) },
		Browse:       func(page string) error { return connect.OpenBrowser(os.Getenv, page) },
		Tunnel:       func(addresses ...string) string { return connect.Tunnel(os.Getenv, addresses...) },
		Environment: func() (keystore.Profile, moneykit.Secret, bool, error) {
			profile, secret, given, err := keystore.FromEnv(os.Getenv)
			return profile, moneykit.NewSecret(secret), given, err
		},
		Sandbox: func() (views.Embedded, error) {
			server, err := l.sandbox()
			if err != nil {
				return views.Embedded{}, err
			}
			return embedded(l.world, server.URL(), mask), nil
		},
	}
	line{l.config.Version, l.transport, l.options}.lay(app, mask)
	return app
}

// mirrors is the folder of all mirrors.
func mirrors() string { return filepath.Join(xdg.DataHome, "till", "mirrors") }

// kept keeps what open made; after an error it is tried again.
func kept[T any](open func() (T, error)) func() (T, error) {
	var mu sync.Mutex
	var made *T
	return func() (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if made != nil {
			return *made, nil
		}
		v, err := open()
		if err == nil {
			made = &v
		}
		return v, err
	}
}
