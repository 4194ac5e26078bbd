package moneykit

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// keysMaxAge is how long keys are trusted after they were asked for.
	keysMaxAge = 24 * time.Hour
	// keysPause is how long an unknown key id fetches nothing after the last
	// fetch. Anyone can make up such ids.
	keysPause = 5 * time.Minute
	// keysRetry is the pause after a failure that leaves no keys at all.
	// Nothing can be verified meanwhile, so it is short.
	keysRetry = 10 * time.Second
)

// webhookKeys keeps the keys that MoneyKit signs with.
type webhookKeys struct {
	fetch  func(context.Context) (*JWKSet, error) // ends by itself
	now    func() time.Time
	age    time.Duration // that a webhook may have
	flight singleflight.Group

	mu      sync.Mutex
	keys    map[string]*ecdsa.PublicKey // by key id
	fetched time.Time                   // when keys were asked for
	tried   time.Time                   // when the last fetch ended, in vain or not
	failure error                       // of the last fetch
}

func newWebhookKeys(fetch func(context.Context) (*JWKSet, error), now func() time.Time, age time.Duration) *webhookKeys {
	return &webhookKeys{fetch: fetch, now: now, age: age}
}

// key finds a key, and fetches the keys first if that may help. The fetch
// outlives the caller that started it, since others wait for it too.
func (k *webhookKeys) key(ctx context.Context, kid string) (*ecdsa.PublicKey, error) {
	key, due, err := k.look(kid)
	if !due {
		return key, err
	}
	done := k.flight.DoChan("keys", func() (any, error) {
		if _, due, _ := k.look(kid); due { // else another flight has just landed
			k.refresh(context.WithoutCancel(ctx))
		}
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return nil, &WebhookError{Fault: WebhookKeysUnavailable, Err: ctx.Err()}
	case <-done:
	}
	key, _, err = k.look(kid)
	return key, err
}

// look finds a key in memory, or says why it cannot and whether a fetch is due.
func (k *webhookKeys) look(kid string) (key *ecdsa.PublicKey, due bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	trusted := within(now, k.fetched, keysMaxAge)
	if key := k.keys[kid]; trusted && key != nil {
		return key, false, nil
	}
	pause := keysRetry
	if trusted {
		pause = keysPause
	}
	due = !within(now, k.tried, pause)
	// After a failure nobody knows whether MoneyKit lists the key.
	if !trusted || k.failure != nil {
		return nil, due, &WebhookError{Fault: WebhookKeysUnavailable, Err: k.failure}
	}
	return nil, due, &WebhookError{Fault: WebhookUnknownKey}
}

// within reports whether now is less than d after t. A clock that was set back
// ends the span.
func within(now, t time.Time, d time.Duration) bool {
	age := now.Sub(t)
	return 0 <= age && age < d
}

func (k *webhookKeys) refresh(ctx context.Context) {
	started := k.now()
	set, err := k.fetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried, k.failure = k.now(), err
	if err == nil {
		k.fetched, k.keys = started, usableKeys(set)
	}
}

// usableKeys picks the public keys that ES256 can be verified with, and skips
// all else. Of several keys with one id the first counts.
func usableKeys(set *JWKSet) map[string]*ecdsa.PublicKey {
	keys := make(map[string]*ecdsa.PublicKey)
	for _, raw := range set.Keys {
		var jwk jose.JSONWebKey
		if jwk.UnmarshalJSON(raw) != nil || jwk.KeyID == "" {
			continue
		}
		key, ok := jwk.Key.(*ecdsa.PublicKey) // not a private one
		if !ok || key.Curve != elliptic.P256() {
			continue
		}
		if jwk.Use != "" && jwk.Use != "sig" || jwk.Algorithm != "" && jwk.Algorithm != string(jose.ES256) {
			continue
		}
		if keys[jwk.KeyID] == nil {
			keys[jwk.KeyID] = key
		}
	}
	return keys
}
