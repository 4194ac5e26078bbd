package views

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/webhooks"
	"till/ui/table"
)

func TestWebhooks(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		if strings.Contains(w.Frame(), "webhooks") {
			t.Error("webhooks are received though nobody has asked for it")
		}
		w.Press("W")
		w.Sees("● listening  http://127.0.0.1:41977/8ZK2Q7M4T9XW3C5VB6NDRAJEUF", "11 links of the Sandbox point here.", "No webhook has come yet.", "sandbox   webhooks")
		if got := w.wire.asked("PATCH /links/" + w.link(1)); got != 1 {
			t.Errorf("the first link was changed %d times", got)
		}
		before := w.wire.asked("GET /links/" + w.link(1))
		made[0].comes(hookStory(w)[0])
		w.Settle()
		w.Sees("state: connected", "Credentials Bank", "✓ verified", "1 received")
		if got := w.wire.asked("GET /links/" + w.link(1)); got != before+1 {
			t.Errorf("the link was read %d times for the webhook", got-before)
		}
		w.Press("enter")
		w.Sees("✓ signature header", "✓ key id (kid)", "✓ readable", "MoneyKit says: ● connected · read 00:00:00 [req_")
		w.Press("G")
		w.Sees("PAYLOAD, AS MONEYKIT SENT IT", `"state": "connected"`)
		w.Press("enter")
		w.Sees("Credentials Bank", "1 Overview")
		w.Press("esc", "esc", "esc")
		w.Sees("12 links", "webhooks") // it goes on
		story := hookStory(w)
		asked := w.wire.asked("GET /links/" + w.link(2))
		made[0].comes(story[3], story[4])
		w.Settle()
		if got := w.wire.asked("GET /links/" + w.link(2)); got != asked {
			t.Error("a forged webhook had a link read")
		}
		w.Press("W")
		w.Sees("✕ unreadable", "✕ unknown key", "✓ verified", "3 received")
		if len(made) != 1 {
			t.Errorf("%d receivers were made", len(made))
		}
		w.Press("y")
		if got := w.Clipboard(); len(got) != 1 || got[0] != made[0].URL() {
			t.Errorf("copied %q", got)
		}
		w.Press("enter")
		w.Sees("✕ unreadable", "Its link was not read")
		w.Press("G")
		w.Sees("NOT VERIFIED", "␛[2Jno JSON")
		w.Misses("\x1b[2J")
		w.Press("enter")
		w.Sees("so its link is not opened")
	}, receives(&made))
	if !made[0].over.Load() {
		t.Error("the receiver outlives the session")
	}
}

// The cursor stays on its webhook while others come.
func TestWebhooksUnderTheCursor(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 120, 36, func(t *testing.T, w *world) {
		w.Press("W")
		story := hookStory(w)
		made[0].comes(story[:3]...)
		w.Settle()
		w.Sees("✓ out of order", "after one of Dec 31 23:59:15", "MoneyKit says: ● connected")
		w.Press("down")
		w.Sees("of one received")
		made[0].comes(story[3:]...)
		w.Settle()
		w.Sees("6 received", "of one received", "✕ unreadable")
		w.Press("g")
		w.Sees("some new thing", "MoneyKit knows no")
		made[0].comes(hookStory(w)[3])
		w.Settle()
		w.Sees("NOT VERIFIED") // the newest stays under the cursor
	}, receives(&made))
}

func TestWebhooksAreStoppedAndStarted(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("W")
		made[0].comes(hookStory(w)[0])
		w.Settle()
		w.Press("l")
		w.Sees("○ not listening", "Webhooks are no longer received", "state: connected")
		<-made[0].closed
		w.Press("y")
		w.Sees("webhooks are not received now")
		w.Press("esc", "W")
		w.Sees("○ not listening")
		w.Press("l")
		w.Sees("● listening", "11 links")
		w.Sees("Webhooks are received again")
		if c := made[1].config; c.Address != "127.0.0.1:41977" || c.Path != "/8ZK2Q7M4T9XW3C5VB6NDRAJEUF" {
			t.Errorf("links that point to the one before do not find %+v", c)
		}
		made[1].comes(hookStory(w)[1])
		w.Settle()
		w.Sees("✓ duplicate", "✓ verified", "2 received")
	}, receives(&made))
}

func TestWebhooksThatCannotBeReceived(t *testing.T) {
	t.Parallel()
	fails, refused := true, &[]*fakeReceiver{}
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("W")
		w.Sees("✕ not listening", "Webhooks are not received: listen tcp", "permission denied")
		w.Misses("webhooks: ")
		w.Press("l")
		w.Sees("● listening")
		(*refused)[0].change(func(s *webhooks.State) { s.Refused, s.Refusal = 2, "a request for the host \"evil.example\"" })
		w.Settle()
		w.Sees("2 refused", "evil.example")
	}, receives(refused), func(w *world) {
		works := w.app.Webhooks
		w.app.Webhooks = func(ctx context.Context, c *moneykit.Client, config webhooks.Config) (WebhookReceiver, error) {
			if fails {
				fails = false
				return nil, errors.New("webhooks: listen tcp 127.0.0.1:80: bind: permission denied")
			}
			return works(ctx, c, config)
		}
	})
}

// A narrow window leaves room for every column that it shows.
func TestWebhooksInANarrowWindow(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 60, 16, func(_ *testing.T, w *world) {
		w.Press("W")
		made[0].comes(hookStory(w)...)
		w.Settle()
		w.Sees("✓ out of order", "EVENT  ")
		w.Misses("T…")
	}, receives(&made))
}

func TestTestEvent(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("W", "T")
		w.Sees("Send a test event", "Credentials Bank ·", "link.product_refresh")
		w.Press("enter", "down", "enter")
		w.Sees("MoneyKit sends link.product_refresh as delivery", "whd_")
		if got := w.wire.asked("POST /webhooks/test/link/" + w.link(1)); got != 1 {
			t.Errorf("asked %d times", got)
		}
		w.wire.breaks("POST", w.link(1), status(400, `{"error_code":"link_error.bad_config","error_message":"No webhook."}`))
		w.Press("T", "enter", "enter")
		w.Sees("No test event was sent", "[req_broken]")
	}, receives(&made))
}

func TestWebhooksReadOnly(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("W")
		w.Sees("● listening", "With --read-only no link is pointed here.")
		w.Press("T")
		if strings.Contains(w.Frame(), "test event") {
			t.Error("a test event can be sent")
		}
		for _, asked := range w.wire.seen {
			if strings.HasPrefix(asked, "PATCH") {
				t.Error(asked)
			}
		}
		made[0].comes(hookStory(w)[0])
		w.Settle()
		w.Sees("✓ verified")
	}, receives(&made), func(w *world) { w.app.ReadOnly = true })
}

func TestWebhooksOfAProfile(t *testing.T) {
	t.Parallel()
	for _, mode := range []keystore.Mode{keystore.Live, keystore.Sandbox} {
		var made []*fakeReceiver
		in(t, 120, 36, func(t *testing.T, w *world) {
			w.Press("W")
			w.Sees("● listening", "MoneyKit reaches this address only through a tunnel of yours")
			if got := strings.Contains(w.Frame(), "T test event"); got != (mode == keystore.Sandbox) {
				t.Errorf("%s: a test event can be sent: %v", mode, got)
			}
			if got := w.wire.asked("PATCH /links/" + w.link(1)); got != 0 {
				t.Error("a link of a profile was changed")
			}
			if mode == keystore.Sandbox {
				w.Press("T")
				w.Sees("Link id")
			}
		}, receives(&made), func(w *world) {
			w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
				p := keystore.Profile{Name: "acme", Mode: mode, BaseURL: sandboxURL, ClientID: sandbox.DefaultClientID}
				return p, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
			}
			w.first = First(w.app, false, "", "")
		})
	}
}

// A link that is made later sends its webhooks here too.
func TestWebhooksOfNewLinks(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("W", "esc")
		w.Press("n", "enter", "enter", "enter", "i", "n", "s", "t", "enter")
		w.Wait(10 * time.Second)
		if len(w.sandbox.LinkIDs()) != 13 {
			t.Fatalf("no link was made:\n%s", w.Frame())
		}
		w.Press("esc", "esc", "W")
		w.Sees("12 links of the Sandbox point here.")
	}, receives(&made))
}

// Many links are not all changed, and a slow round is told.
func TestWebhooksOfManyLinks(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	many := sandbox.New(sandbox.WithLinks(60), sandbox.WithTransactions(1))
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("W")
		w.Wait(time.Minute)
		w.Sees("The first 50 of the Sandbox's links point here.")
		changed := 0
		for _, asked := range w.wire.seen {
			if strings.HasPrefix(asked, "PATCH") {
				changed++
			}
		}
		if changed != mostPointed {
			t.Errorf("%d links were changed", changed)
		}
	}, receives(&made), func(w *world) {
		w.sandbox, w.wire.sandbox = many, many.Transport()
		w.app = testApp(t, w.wire, many, w.controls.controls())
		receives(&made)(w)
	})
}

func TestWebhooksThatCannotBePointed(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.wire.breaks("PATCH", w.link(2), status(503, `{}`))
		w.Press("W")
		w.Wait(time.Minute)
		w.Sees("10 links of the Sandbox point here; others could not be changed")
	}, receives(&made))
}

// What the poll showed is told, and that it showed nothing.
func TestWebhookWhoseLinkCannotBeRead(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 120, 36, func(t *testing.T, w *world) {
		w.Press("W")
		w.wire.breaks("GET", w.link(1), status(500, `{}`))
		made[0].comes(hookStory(w)[0])
		w.Settle()
		w.Sees("Its link could not be read.", "[req_broken]")
		w.wire.mends()
		w.Wait(5 * time.Minute)
		w.Sees("MoneyKit says: ● connected")
	}, receives(&made))
}

// Rows and details of whatever may come are safe to draw, and all faults have a
// word.
func TestWebhookRows(t *testing.T) {
	s := &session{watch: nil, clock: &clock{}}
	var cells []table.Cell
	for _, fault := range []moneykit.WebhookFault{
		moneykit.WebhookUnsigned, moneykit.WebhookMalformed, moneykit.WebhookWrongAlgorithm, moneykit.WebhookUnknownKey, moneykit.WebhookKeysUnavailable,
		moneykit.WebhookBadSignature, moneykit.WebhookTooOld, moneykit.WebhookFromFuture, moneykit.WebhookBodyMismatch, moneykit.WebhookUnreadable,
	} {
		rows := hookRows{session: s, all: []*hook{{Delivery: delivered(time.Unix(0, 0), "no JSON", "", &moneykit.WebhookError{Fault: fault})}}}
		cells = rows.Row(0)
		if verdict := cells[3].Text; strings.Contains(verdict, "not verified") || strings.Contains(verdict, "✓") || len([]rune(verdict)) > 19 {
			t.Errorf("%q: %q", fault, verdict)
		}
	}
	if cells[1].Text != "unreadable" || cells[2].Text != none {
		t.Errorf("%+v", cells)
	}
}

func goldenWebhooks(t *testing.T, size [2]int, keys ...string) string {
	var made []*fakeReceiver
	var frame string
	in(t, size[0], size[1], func(_ *testing.T, w *world) {
		w.Press("W")
		made[0].comes(hookStory(w)...)
		w.Settle()
		w.Press(keys...)
		frame = w.Frame()
	}, receives(&made))
	return frame + "\n"
}

func TestGoldenWebhooks(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		for name, keys := range map[string][]string{
			"webhooks": nil, "webhook": {"down", "down", "down", "down", "enter"}, "webhook_forged": {"down", "down", "enter"}, "webhook_test_dialog": {"T"},
		} {
			t.Run(fmt.Sprintf("%s_%dx%d", name, size[0], size[1]), func(t *testing.T) {
				golden.RequireEqual(t, requestIDs.ReplaceAllString(goldenWebhooks(t, size, keys...), "req_oneOfTheSandboxsRequests"))
			})
		}
	}
}
