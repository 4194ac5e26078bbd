package views

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/ui/theme"
)

// sandboxFaults are the faults that an operator can choose from.
var sandboxFaults = []SandboxFault{
	{Name: "429 rate limited, next 3 calls", Status: 429, ErrorCode: string(moneykit.RateLimitExceeded), Times: 3},
	{Name: "500 internal error, next call", Status: 500, Times: 1},
	{Name: "503 unavailable, next 3 calls", Status: 503, Times: 3},
	{Name: "401 unauthorized, next 3 calls", Status: 401, ErrorCode: string(moneykit.Unauthorized), Times: 3},
	{Name: "401 access token expired, next call", Status: 401, ErrorCode: string(moneykit.ExpiredAccessToken), Times: 1},
	{Name: "403 data not permitted, next call", Status: 403, ErrorCode: string(moneykit.LinkForbiddenAction), Times: 1},
	{Name: "Answers after 5 s, until removed", Latency: 5 * time.Second},
	{Name: "Connection reset, next 3 calls", Reset: true, Times: 3},
	{Name: "Truncated body, next call", Truncated: true, Times: 1},
	{Name: "Malformed JSON, next call", Malformed: true, Times: 1},
	{Name: "Wrong types, next call", WrongTypes: true, Times: 1},
	{Name: "Escape sequences in texts, until removed", EscapeSequences: true},
	{Name: "Sync cursor that loops, until removed", LoopingCursor: true},
}

func (s *session) askFault() ui.Dialog {
	labels := make([]string, len(sandboxFaults))
	for i, f := range sandboxFaults {
		labels[i] = f.Name
	}
	return choose("Inject a fault", fmt.Sprintf("Which of these %d?", len(labels)), labels, func(i int) tea.Cmd {
		return s.inject(sandboxFaults[i])
	}).Says(theme.Text, "The Sandbox's answers go wrong on purpose. What till polls by itself counts as a call, too.")
}

func (s *session) inject(f SandboxFault) tea.Cmd {
	controls := s.controls
	return func() tea.Msg {
		if err := controls.Fault(f); err != nil {
			return ui.Toast(ui.Failure, "The fault was not injected: "+explain(err).line())()
		}
		return ui.Toast(ui.Success, "Fault injected: "+f.Name)()
	}
}

// clearFaults also reads the links again, so that no trouble stays on screen.
func (s *session) clearFaults() tea.Cmd {
	controls, w := s.controls, s.watch
	return func() tea.Msg {
		controls.ClearFaults()
		return movedMsg{of: w, told: "All faults are removed; what was synced meanwhile stays as it came"}
	}
}
