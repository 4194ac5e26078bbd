package views

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/keystore"
	"till/moneykit"
	"till/ui"
	"till/ui/form"
	"till/ui/termsafe"
	"till/ui/theme"
)

// testEvents are the events that MoneyKit can be asked to send.
var testEvents = []moneykit.WebhookEvent{moneykit.EventLinkStateChanged, moneykit.EventProductRefresh, moneykit.EventTransactionsAvailable}

// canTest reports whether MoneyKit may be asked to send webhooks that report
// nothing real.
func (s *session) canTest() bool { return s.profile.Mode == keystore.Sandbox && !s.app.ReadOnly }

func (w *webhooksScreen) testActions() []ui.Action {
	if !w.canTest() {
		return nil
	}
	return []ui.Action{{Name: "Send a test event (Sandbox)", Key: ui.Bind("T", "test event"), Ask: w.askTest}}
}

// askTest asks which event is sent for which link, at first that of the webhook
// under the cursor.
func (w *webhooksScreen) askTest() ui.Dialog {
	var id string
	event := testEvents[0]
	if one, ok := w.current(); ok && one.Webhook != nil {
		id = string(one.Webhook.LinkID)
	}
	if links := w.hooks.pointed; len(links) > 0 && !slices.Contains(links, moneykit.LinkID(id)) {
		id = string(links[0])
	}
	return form.New("Send a test event", func() []huh.Field {
		options := make([]huh.Option[moneykit.WebhookEvent], len(testEvents))
		for i, e := range testEvents {
			options[i] = huh.NewOption(string(e), e)
		}
		return []huh.Field{w.linkField(&id), huh.NewSelect[moneykit.WebhookEvent]().Title("Event").Options(options...).Value(&event).Height(len(options) + 1)}
	}, func() tea.Cmd {
		return w.sendTest(moneykit.LinkID(strings.TrimSpace(id)), event)
	}).Says(theme.Text, "MoneyKit sends it to the link's webhook as if it had happened. Nothing changes about the link.")
}

// linkField chooses among the links that send their webhooks here, or takes any id
// where none was made to.
func (w *webhooksScreen) linkField(id *string) huh.Field {
	const tallest = 5
	if len(w.hooks.pointed) == 0 {
		return huh.NewInput().Title("Link id").Placeholder("mk_…").Value(id).Validate(ValidLinkID)
	}
	options := make([]huh.Option[string], len(w.hooks.pointed))
	for i, link := range w.hooks.pointed {
		name := termsafe.Line(string(link))
		if known, ok := w.watch.Snapshot(link); ok && known.Link != nil {
			name = institution(known) + " · " + name
		}
		options[i] = huh.NewOption(name, string(link))
	}
	return huh.NewSelect[string]().Title("Link").Options(options...).Value(id).Height(min(len(options), tallest) + 1)
}

func (s *session) sendTest(link moneykit.LinkID, event moneykit.WebhookEvent) tea.Cmd {
	ctx, client := s.ctx, s.client
	return func() tea.Msg {
		token, err := trigger(ctx, client, link, event)
		if err != nil {
			return s.toast(ui.Failure, "No test event was sent: "+explain(err).line())()
		}
		return s.toast(ui.Success, "MoneyKit sends "+string(event)+" as delivery "+termsafe.Line(token))()
	}
}

// trigger has an event sent under a key of its own, and returns the delivery's token.
func trigger(ctx context.Context, client *moneykit.Client, link moneykit.LinkID, event moneykit.WebhookEvent) (string, error) {
	test, err := client.TriggerTestWebhook(ctx, link, event, "till-test-"+strings.ToLower(rand.Text()))
	if err != nil {
		return "", err
	}
	return test.DeliveryToken, nil
}
