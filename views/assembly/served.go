package assembly

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/time/rate"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/privacy"
	"till/ui"
	"till/views"
)

// What the guests of one profile may ask of MoneyKit, all of them together.
const (
	servedRate  = 10 // requests a second
	servedBurst = 20
)

// UsageError is a profile that there is not.
type UsageError struct{ error }

// Served is a profile for guests to look at. The keyring is asked for it once; guests
// never come near.
type Served struct {
	profile keystore.Profile
	secret  moneykit.Secret
	mask    *privacy.Mask // nil with privacy off
	wire    line
}

// Serve opens the named profile for guests.
func Serve(ctx context.Context, version, name string, private bool) (*Served, error) {
	keys, err := keystore.Open()
	if err != nil {
		return nil, err
	}
	if err := views.CheckProfile(&views.App{Keys: func() (*keystore.Store, error) { return keys, nil }}, name); err != nil {
		return nil, UsageError{err}
	}
	s := &Served{}
	for _, p := range keys.Profiles() {
		if p.Name == name {
			s.profile = p
		}
	}
	secret, _, err := keys.Secret(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("the secret of %s could not be read: %w", name, err)
	}
	s.secret = moneykit.NewSecret(secret)
	if private {
		s.mask = newMask()
	}
	network := paced{http.DefaultTransport.(*http.Transport).Clone(), rate.NewLimiter(servedRate, servedBurst)}
	s.wire = line{version, func(string) http.RoundTripper { return network }, func(string) []moneykit.Option { return nil }}
	return s, nil
}

// First is what a guest begins with. Nothing in it changes anything at MoneyKit, and
// privacy stays as it is.
func (s *Served) First() ui.Screen {
	app := &views.App{Guest: true, ReadOnly: true}
	s.wire.lay(app, s.mask, guestLog)
	return views.Serve(app, func(context.Context) (keystore.Profile, moneykit.Secret, error) { return s.profile, s.secret, nil })
}

// paced sends no more requests a second than pace allows.
type paced struct {
	next http.RoundTripper
	pace *rate.Limiter
}

func (p paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.pace.Wait(r.Context()); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	return p.next.RoundTrip(r)
}
