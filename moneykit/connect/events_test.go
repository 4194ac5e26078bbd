package connect_test

import (
	"testing"

	"till/moneykit"
	"till/moneykit/connect"
)

func TestEventsOfANewLink(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{Settings: &moneykit.LinkSessionSettings{Products: map[moneykit.Product]moneykit.ProductSettings{
			moneykit.ProductTransactions: {RequirePermission: true},
		}}})
		k.chooses(credentialsBank)
		k.asks(connect.AskPermission)
		k.run.Answer(connect.Answer{Products: []moneykit.Product{moneykit.ProductTransactions}})
		k.logsIn("user_good", "wrong")
		k.logsIn("user_good", "mfa_question")
		for _, text := range []string{"Hello", "World"} {
			k.asks(connect.AskText)
			k.run.Answer(connect.Answer{Text: text})
		}
		k.shares()
		s := k.ends(connect.Connected)
		const want = `open {"mode":"start"}
change_screen {"current_screen_name":"institution"}
select_institution {"institution_id":"moneykit-creds-bank","institution_name":"Credentials Bank"}
change_screen {"current_screen_name":"permissions"}
submit_permissions {"products":["transactions"]}
change_screen {"current_screen_name":"credentials"}
submit_credentials {}
error {"displayed_message":"The user name or password is wrong.","error_id":"invalid_credentials","request_id":"req_"}
change_screen {"current_screen_name":"credentials"}
submit_credentials {}
change_screen {"current_screen_name":"mfa"}
submit_mfa {}
change_screen {"current_screen_name":"mfa"}
submit_mfa {}
change_screen {"current_screen_name":"accounts"}
submit_accounts {"count":3}
success {"institution_id":"moneykit-creds-bank"}
`
		if got := story(s.Events); got != want {
			w.Errorf("%s\nwant\n%s", got, want)
		}
		if _, ok := s.Events[4].Properties["products"].([]any); !ok {
			w.Errorf("%T is not as JSON is decoded", s.Events[4].Properties["products"])
		}
		if _, ok := s.Events[15].Properties["count"].(float64); !ok {
			w.Errorf("%T is not as JSON is decoded", s.Events[15].Properties["count"])
		}
		for i, e := range s.Events {
			if e.At.IsZero() || i > 0 && e.At.Before(s.Events[i-1].At) {
				w.Errorf("%d: %v", i, e.At)
			}
		}
	})
}

func TestEventsOfOtherWays(t *testing.T) {
	for name, x := range map[string]struct {
		goes func(*walk)
		want string
	}{
		"one-time code": {func(k *walk) {
			k.logsIn("user_good", "mfa_device")
			k.asks(connect.AskCode)
			k.run.Answer(connect.Answer{Text: "1234"})
			k.asks(connect.AskAccounts)
		}, `change_screen {"current_screen_name":"credentials"}
submit_credentials {}
change_screen {"current_screen_name":"otp"}
submit_otp {}
change_screen {"current_screen_name":"accounts"}
`},
		"choice": {func(k *walk) {
			k.logsIn("user_good", "mfa_selections")
			k.asks(connect.AskChoice)
			k.run.Answer(connect.Answer{Text: "Blue"})
			k.asks(connect.AskAccounts)
		}, `change_screen {"current_screen_name":"credentials"}
submit_credentials {}
change_screen {"current_screen_name":"mfa_selection"}
submit_mfa {}
change_screen {"current_screen_name":"accounts"}
`},
		"leaving": {func(k *walk) {
			k.asks(connect.AskCredentials)
			k.run.Leave()
			k.ends(connect.Left)
		}, `change_screen {"current_screen_name":"credentials"}
exit {}
`},
		"leaving after a refusal": {func(k *walk) {
			k.logsIn("nobody", "nothing")
			k.asks(connect.AskCredentials)
			w := status(422, `{"error_code":"session_expired","displayed_message":"Over."}`)
			k.wire.at("POST /sandbox/connect", w)
			k.run.Answer(connect.Answer{Username: "nobody"})
			k.leftWith("session_expired")
		}, `change_screen {"current_screen_name":"credentials"}
submit_credentials {}
error {"displayed_message":"The user name or password is wrong.","error_id":"invalid_credentials","request_id":"req_"}
change_screen {"current_screen_name":"credentials"}
submit_credentials {}
error {"displayed_message":"Over.","error_id":"session_expired","request_id":"req_"}
exit {"displayed_message":"Over.","error_id":"session_expired","request_id":"req_"}
`},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
				x.goes(k)
				if got, want := story(k.run.State().Events), "open {\"mode\":\"start\"}\n"+x.want; got != want {
					w.Errorf("%s\nwant\n%s", got, want)
				}
				k.run.Cancel()
			})
		})
	}
}

func TestEventsOfARelink(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{ExistingLinkID: w.expired(oauthBank)})
		k.asks(connect.AskOAuth)
		k.run.Answer(connect.Answer{})
		const want = `open {"mode":"relink"}
change_screen {"current_screen_name":"oauth"}
open_oauth {"institution_id":"moneykit-oauth-bank"}
success {"institution_id":"moneykit-oauth-bank"}
`
		if got := story(k.ends(connect.Connected).Events); got != want {
			w.Errorf("%s\nwant\n%s", got, want)
		}
	})
}
