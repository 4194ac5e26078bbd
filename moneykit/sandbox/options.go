package sandbox

import (
	"time"
)

// options are what a Sandbox is made with. They do not change.
type options struct {
	seed                   uint64
	linkCount              int
	transactions           int
	history                history
	clock                  func() time.Time
	start                  time.Time // zero for what clock tells
	rate                   float64
	clients                []keyPair
	refreshMin, refreshMax time.Duration
	pendingReplaced        bool
	webhookHosts           []string
	controls               bool
	anyName                bool // the controls answer under any host name
	bounds                 Bounds
	silent                 bool // no webhooks are sent
}

// Option changes how [New] makes a Sandbox.
type Option func(*options)

func optionsOf(opts []Option) options {
	o := options{
		seed: 1, linkCount: 12, transactions: usualTransactions, clock: time.Now, rate: 1,
		refreshMin: time.Second, refreshMax: 2 * time.Second, controls: true,
	}
	for _, opt := range opts {
		opt(&o)
	}
	if o.clients == nil {
		o.clients = []keyPair{{id: DefaultClientID, secret: DefaultClientSecret}}
	}
	o.history = historyOf(o.transactions)
	return o
}

// WithSeed chooses the world: the same seed gives the same links, accounts and
// transactions. The default is 1.
func WithSeed(seed uint64) Option { return func(o *options) { o.seed = seed } }

// WithLinks sets how many links the world starts with, 12 by default. The first
// 19 are one of each situation an operator meets.
func WithLinks(n int) Option { return func(o *options) { o.linkCount = max(n, 0) } }

// WithTransactions sets about how many transactions a link starts with, 400 by
// default. They go back 18 months for the default, and in proportion for others,
// but no more than ten years.
func WithTransactions(n int) Option { return func(o *options) { o.transactions = max(n, 0) } }

// WithNow sets the clock that the Sandbox's own goes by, [time.Now] by default.
// It must not go backwards.
func WithNow(now func() time.Time) Option { return func(o *options) { o.clock = now } }

// WithStart lets the world begin at a moment, at which its own clock starts to
// run. Otherwise it begins when the Sandbox is made. It begins before 2200.
func WithStart(at time.Time) Option {
	return func(o *options) {
		if at.Before(lastDay) {
			o.start = at
		}
	}
}

// WithRate lets the clock run so many times as fast as the one below, as
// [Sandbox.SetRate] does later; with 0 it stands. What is no rate is left out.
func WithRate(rate float64) Option {
	return func(o *options) {
		if rate >= 0 { // not a number is not
			o.rate = min(rate, MaxRate)
		}
	}
}

// WithClient adds a key pair that the Sandbox accepts; the first one takes the
// place of the default. Without scopes it may do everything.
func WithClient(id, secret string, scopes ...string) Option {
	if len(scopes) == 0 {
		scopes = nil
	}
	return func(o *options) { o.clients = append(o.clients, keyPair{id, secret, scopes}) }
}

// WithRefreshTime sets how long a refresh or a connection takes: each draws its
// own duration from min to max. The default is 1 s to 2 s.
func WithRefreshTime(min, max time.Duration) Option {
	return func(o *options) { o.refreshMin, o.refreshMax = min, max }
}

// WithPendingReplaced plays the providers that do not update a pending
// transaction when it is settled: it vanishes, and another one is created.
func WithPendingReplaced() Option { return func(o *options) { o.pendingReplaced = true } }

// WithWebhookHosts names hosts that webhooks may go to besides loopback, each as
// a name or an address, with or without a port.
func WithWebhookHosts(hosts ...string) Option {
	return func(o *options) { o.webhookHosts = append(o.webhookHosts, hosts...) }
}

// WithControls sets whether the Sandbox answers under /sandbox/, by which
// whoever reaches it can move its clock and break its links. It does by default.
func WithControls(on bool) Option { return func(o *options) { o.controls = on } }

// WithShape sets at once what [Sandbox.Shape] tells.
func WithShape(shape Shape) Option {
	return func(o *options) {
		o.seed, o.pendingReplaced = shape.Seed, shape.PendingReplaced
		o.linkCount, o.transactions = max(shape.Links, 0), max(shape.Transactions, 0)
	}
}

// WithControlsUnderAnyName lets the controls answer on loopback under other
// names than localhost too. The names that somebody else lets point at this
// computer are among them.
func WithControlsUnderAnyName() Option { return func(o *options) { o.anyName = true } }
