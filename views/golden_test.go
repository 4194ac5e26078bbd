package views

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
)

// screens are the ways to every screen and dialog from the list of links.
func screens() []struct {
	name string
	keys []string
} {
	begun := []string{"n", "enter", "enter", "enter", "c", "r", "e", "d"}
	begun = begun[:len(begun):len(begun)]
	// Credits of at least 20 to Checking since September.
	narrowed := []string{"enter", "3", "f", "right", "enter", "1", "9", "9", "9", "-", "0", "9", "enter", "enter", "2", "0", "enter", "enter", "right", "enter", "enter", "enter"}
	narrowed = narrowed[:len(narrowed):len(narrowed)]
	correcting := []string{"down", "down", "enter", "3", "c"}
	correcting = correcting[:len(correcting):len(correcting)]
	return []struct {
		name string
		keys []string
	}{
		{"links", nil},
		{"links_filtered", []string{"/", "o", "a", "u", "enter"}},
		{"links_sorted", []string{"s", "S"}},
		{"links_marked", []string{"space", "space", "up"}},
		{"links_marked_filtered", []string{"a", "space", "/", "o", "a", "u", "enter"}},
		{"overview", []string{"enter"}},
		{"overview_error", []string{"down", "enter"}},
		{"accounts", []string{"down", "down", "enter", "2"}},
		{"accounts_currencies", []string{"down", "down", "down", "down", "down", "down", "down", "enter", "2"}},
		{"balances", []string{"down", "down", "enter", "2", "h"}},
		{"balances_currencies", []string{"down", "down", "down", "down", "down", "down", "down", "enter", "2", "h"}},
		{"balances_alone", []string{"down", "down", "enter", "2", "enter", "h", "-", "pgup", "left"}},
		{"account", []string{"down", "down", "enter", "2", "enter"}},
		{"transactions", []string{"enter", "3"}},
		{"transactions_searched", []string{"enter", "3", "/", "s", "t", "o", "n", "e", "space", "g", "r", "o", "enter"}},
		{"transactions_narrowed", append(narrowed, "s", "s", "s")},
		{"transactions_narrowed_to_none", append(narrowed, "/", "z", "z", "enter")},
		{"transactions_bars", []string{"enter", "3", "b"}},
		{"transactions_filter_dialog", []string{"enter", "3", "f", "enter", "1", "9", "9", "8", "-", "1", "3", "enter"}},
		{"transaction_enriched", []string{"down", "down", "enter", "3", "G", "enter"}},
		{"correct_dialog", append(correcting, "c", "o", "f")},
		{"corrected", append(correcting, "c", "o", "f", "enter")},
		{"changes_first", []string{"enter", "d"}},
		{"identity", []string{"down", "down", "enter", "5"}},
		{"identity_lacking", []string{"down", "down", "down", "down", "enter", "5"}},
		{"numbers", []string{"down", "down", "enter", "6"}},
		{"numbers_shown", []string{"down", "down", "down", "down", "down", "down", "down", "enter", "6", "v"}},
		{"investments", []string{"down", "down", "enter", "7"}},
		{"investments_lacking", []string{"enter", "7"}},
		{"events", []string{"x", "left", "enter", "enter", "8"}},
		{"events_none", []string{"enter", "8"}},
		{"events_all", []string{"x", "left", "enter", "down", "down", "x", "left", "enter", "E", "down"}},
		{"events_all_none", []string{"E"}},
		{"json", []string{"enter", "9"}},
		{"changes_filtered", []string{"enter", "d", "f", "down", "enter", "down", "enter", "/", "t", "a", "p", "enter"}},
		{"changes_filter_dialog", []string{"enter", "d", "f"}},
		{"transaction", []string{"enter", "d", "enter"}},
		{"news", []string{"enter", "d", "esc", "down", "down", "enter", "d", "esc", "N"}},
		{"news_none", []string{"N"}},
		{"refresh_dialog", []string{"r"}},
		{"relink_dialog", []string{"down", "R"}},
		{"relink_healthy_dialog", []string{"R"}},
		{"relink_marked_dialog", []string{"a", "R"}},
		{"new_link_dialog", []string{"n"}},
		{"new_link_settings", []string{"n", "enter", "enter", "down", "down", "enter"}},
		{"connect_institution", []string{"n", "enter", "enter", "enter"}},
		{"connect_permissions", append(begun, "enter")},
		{"connect_login", append(begun, "enter", "enter")},
		{"connect_refused", append(begun, "enter", "enter", "u", "enter", "p", "enter")},
		{"connect_left", append(begun, "enter", "esc", "esc")},
		{"disconnect_dialog", []string{"D"}},
		{"refresh_marked_dialog", []string{"a", "r"}},
		{"refresh_plan_dialog", []string{"a", "r", "enter"}},
		{"disconnect_plan_dialog", []string{"a", "D"}},
		{"reset_plan_dialog", []string{"a", "x"}},
		{"nothing_to_do_dialog", []string{"space", "r", "enter"}},
		{"jobs_none", []string{"J"}},
		{"job", []string{"a", "r", "enter", "y", "J"}},
		{"export_dialog", []string{"e"}},
		{"reset_dialog", []string{"x"}},
		{"clock_dialog", []string{"C"}},
		{"break_dialog", []string{"X"}},
		{"fault_dialog", []string{"F"}},
		{"faults", []string{"F", "enter"}},
		{"open_dialog", []string{"o"}},
		{"help", []string{"?"}},
		{"palette", []string{":"}},
		{"fleet", []string{"H"}},
		{"fleet_matrix", []string{"H", "tab", "right", "down"}},
		{"behind", []string{"H", "down", "enter"}},
		{"requests", []string{"L", "/", "a", "u", "t", "h", "enter"}},
		{"request", []string{"L", "G", "enter"}},
		{"drift", []string{"L", "d"}},
		{"profiles", []string{"p"}},
		{"credentials", []string{"p", "n"}},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}, {200, 60}} {
		for _, s := range screens() {
			if size[0] == 40 && s.name != "links" {
				continue // it says that it is too small, whatever the screen
			}
			if size[0] == 200 && !strings.HasPrefix(s.name, "balances") && !strings.HasPrefix(s.name, "events") && s.name != "links" {
				continue // it has nothing that these have not
			}
			t.Run(fmt.Sprintf("%s_%dx%d", s.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				var frame string
				in(t, size[0], size[1], func(_ *testing.T, w *world) {
					w.Press(s.keys...)
					frame = w.Frame()
				})
				golden.RequireEqual(t, frame+"\n")
			})
		}
	}
}
