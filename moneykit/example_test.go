package moneykit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// demo is a client of an embedded Sandbox, and the ids of its links.
func demo() (*moneykit.Client, []string) {
	box := sandbox.New()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(box.Transport()))
	if err != nil {
		panic(err)
	}
	return client, box.LinkIDs()
}

func ExampleClient_Links() {
	client, _ := demo()
	count := 0
	for ref, err := range client.Links(context.Background(), 500) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if ref.ID != "" {
			count++
		}
	}
	fmt.Println(count, "active links")
	// Output: 8 active links
}

func ExampleClient_Link() {
	client, ids := demo()
	link, err := client.Link(context.Background(), moneykit.LinkID(ids[1]))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.InstitutionName, link.State, link.ErrorCode)
	// Output: OAuth Bank error auth_expired
}

func ExampleClient_Accounts() {
	noon := time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC) // balances follow the time
	box := sandbox.New(sandbox.WithNow(func() time.Time { return noon }))
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(box.Transport()))
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Accounts(context.Background(), moneykit.LinkID(box.LinkIDs()[0]))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, account := range result.Accounts {
		current := account.Balances.Current // exact, and null when the bank does not tell
		if !current.Valid {
			continue
		}
		fmt.Println(account.Name, current.Decimal.StringFixed(2), account.Balances.Currency, account.Type.Liability())
	}
	// Output:
	// Checking 4919.26 USD false
	// Savings 19740.70 USD false
	// Credit Card 469.60 USD true
}

func ExampleWithObserver() {
	box := sandbox.New()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(box.Transport()), moneykit.WithObserver(func(e moneykit.Exchange) {
		fmt.Println(e.Method, e.Route, e.Status, "attempt", e.Attempt)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.Link(context.Background(), moneykit.LinkID(box.LinkIDs()[0])); err != nil {
		fmt.Println(err)
	}
	// Output:
	// POST /auth/token 201 attempt 1
	// GET /links/{id} 200 attempt 1
}

func ExampleClient_SyncTransactions() {
	client, ids := demo()
	link, cursor, count := moneykit.LinkID(ids[0]), "", 0
	for {
		page, err := client.SyncTransactions(context.Background(), link, cursor, 500)
		if err != nil {
			fmt.Println(err)
			return
		}
		count += len(page.Transactions.Created)
		cursor = page.Cursor.Next // to be kept with what the page brought
		if !page.HasMore {
			break
		}
	}
	fmt.Println(count > 0, cursor != "")
	// Output: true true
}

func ExampleErrorCode() {
	client, ids := demo()
	_, err := client.Accounts(context.Background(), moneykit.LinkID(ids[11]))
	if errors.Is(err, moneykit.LinkDeleted) {
		fmt.Println("the link was deleted; support would ask for the request id:", moneykit.RequestID(err) != "")
	}
	// Output: the link was deleted; support would ask for the request id: true
}

// A server takes webhooks that MoneyKit signed, and no others.
func ExampleClient_VerifyWebhook() {
	box := sandbox.New()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(box.Transport()), moneykit.WithClock(box.Now))
	if err != nil {
		panic(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		hook, err := client.VerifyWebhook(r.Context(), r.Header, body)
		switch {
		case errors.Is(err, moneykit.WebhookKeysUnavailable):
			http.Error(w, "try again", http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, "not from MoneyKit", http.StatusForbidden)
		default:
			fmt.Println(hook.Event, hook.State, hook.Error)
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
	if err := box.Advance(ctx, time.Second); err != nil { // sends what is due
		panic(err)
	}
	forged, err := http.Post(receiver.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		panic(err)
	}
	_ = forged.Body.Close()
	fmt.Println(forged.Status)
	// Output:
	// link.state_changed error auth_expired
	// 403 Forbidden
}
