package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// A test suite that talks to MoneyKit gets one of its own in three lines.
func Example() {
	box := sandbox.New()
	server := httptest.NewServer(box)
	defer server.Close()

	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithBaseURL(server.URL))
	if err != nil {
		panic(err)
	}
	link, err := client.Link(context.Background(), moneykit.LinkID(box.LinkIDs()[1]))
	if err != nil {
		panic(err)
	}
	fmt.Println(link.InstitutionName, link.State, link.ErrorCode)
	// Output: OAuth Bank error auth_expired
}

// A webhook that fails is sent again. Nobody has to wait for it: the clock is
// moved.
func ExampleSandbox_Advance() {
	noon := time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)
	box := sandbox.New(sandbox.WithNow(func() time.Time { return noon }))
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(box.Transport()), moneykit.WithClock(box.Now))
	if err != nil {
		panic(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		hook, err := client.VerifyWebhook(r.Context(), r.Header, body)
		if err != nil {
			panic(err)
		}
		fmt.Println(hook.Event, hook.State, hook.Error, "attempt", r.Header.Get("MoneyKit-Delivery-Attempt"))
		if r.Header.Get("MoneyKit-Delivery-Attempt") == "1" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer receiver.Close()

	ctx, link := context.Background(), moneykit.LinkID(box.LinkIDs()[0])
	if _, err := client.UpdateLink(ctx, link, moneykit.LinkUpdate{Webhook: &receiver.URL}); err != nil {
		panic(err)
	}
	if _, err := client.ResetLink(ctx, link); err != nil {
		panic(err)
	}
	if err := box.Advance(ctx, time.Minute); err != nil {
		panic(err)
	}
	// Output:
	// link.state_changed error auth_expired attempt 1
	// link.state_changed error auth_expired attempt 2
}

// Everything that can go wrong can be had on purpose.
func ExampleSandbox_AddFault() {
	box := sandbox.New()
	if _, err := box.AddFault(sandbox.Fault{Operation: "get_links", Status: 503, Times: 2}); err != nil {
		panic(err)
	}
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(box.Transport()), moneykit.WithRetries(0))
	if err != nil {
		panic(err)
	}
	for range 3 {
		links := 0
		for _, err := range client.Links(context.Background(), 0) {
			if err != nil {
				fmt.Println("failed")
				break
			}
			links++
		}
		fmt.Println(links)
	}
	// Output:
	// failed
	// 0
	// failed
	// 0
	// 8
}
