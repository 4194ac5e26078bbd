package sandbox

import (
	"net/http/httptest"
	"testing"
	"time"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New()
	}
}

func BenchmarkNewWith100000Links(b *testing.B) {
	for b.Loop() {
		New(WithLinks(100_000))
	}
}

// The first look at a link's transactions invents them all.
func BenchmarkFirstTouch(b *testing.B) {
	for b.Loop() {
		box := New(WithNow(func() time.Time { return noon }))
		box.open(box.linkAt(0))
	}
}

func BenchmarkGetLink(b *testing.B) {
	box := New(WithNow(func() time.Time { return noon }))
	box.Tokens[digest("token")] = accessToken{ClientID: DefaultClientID, ExpiresAt: noon.Add(time.Hour)}
	req := httptest.NewRequest("GET", "/links/"+box.linkID(0), nil)
	req.Header.Set("Authorization", "Bearer token")
	for b.Loop() {
		box.ServeHTTP(httptest.NewRecorder(), req)
	}
}
