package views

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/theme"
)

// webhookScreen shows one webhook: each check, the payload, and what MoneyKit said
// of the link afterwards.
type webhookScreen struct {
	*session
	hook  *hook
	theme *theme.Theme
	pane  textPane
}

var _ ui.Screen = (*webhookScreen)(nil)

func newWebhook(s *session, one *hook) *webhookScreen { return &webhookScreen{session: s, hook: one} }

func (w *webhookScreen) Init(context.Context, ui.ID) tea.Cmd { return nil }

func (w *webhookScreen) Update(tea.Msg) tea.Cmd {
	w.fill()
	return nil
}

func (w *webhookScreen) fill() {
	if w.theme != nil {
		w.pane.set(w.hookLines(w.theme, w.hook, w.pane.w))
	}
}

func (w *webhookScreen) Actions() []ui.Action {
	actions := []ui.Action{
		{Name: "Open the link that the webhook names", Key: ui.Bind("enter", "open link"), Disabled: func() string {
			if !w.hook.Verified() {
				return "this webhook may not be from MoneyKit, so its link is not opened"
			}
			return ""
		}, Do: func() tea.Cmd { return openLink(w.session, w.hook.Webhook.LinkID) }},
		{Name: "Copy the payload", Key: ui.Bind("Y", "copy payload"), Do: func() tea.Cmd {
			return copyText(strings.Join(payload(w.hook.Delivery), "\n"), "Payload")
		}},
	}
	return append(append(actions, w.elsewhere(func() error { return w.hook.link.Err })...), w.pane.actions()...)
}

func (w *webhookScreen) SetTheme(t *theme.Theme) {
	w.theme = t
	w.fill()
}

func (w *webhookScreen) SetSize(width, height int) {
	w.pane.w, w.pane.h = width, height
	w.fill()
}

func (w *webhookScreen) Title() string { return hookEvent(w.hook.Webhook) }

func (w *webhookScreen) View() string { return w.pane.view() }
