package views

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"
)

// requestIDs are those of the Sandbox, which its answers get in any order.
var requestIDs = regexp.MustCompile("req_[0-9A-Za-z]{24}")

func TestGoldenFleet(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name   string
		links  int
		before []func(*fleetWorld)
		keys   []string
	}{
		{"fleet_of_60", 60, nil, []string{"H"}},
		{"fleet_healthy", 20, []func(*fleetWorld){healthy}, []string{"H"}},
		{"fleet_sample", 60, []func(*fleetWorld){unanswered(20)}, []string{"H"}},
		{"fleet_incident", 60, []func(*fleetWorld){incident}, []string{"H"}},
		{"fleet_behind_the_incident", 60, []func(*fleetWorld){incident}, []string{"H", "enter"}},
		{"fleet_last_hour", 60, []func(*fleetWorld){incident}, []string{"H", "shift+tab"}},
		{"fleet_of_none", 0, nil, []string{"H"}},
		{"fleet_unread", 20, []func(*fleetWorld){unanswered(0)}, []string{"H"}},
		{"why_relink", 20, []func(*fleetWorld){incident}, []string{"down", "w"}},
	} {
		for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
			t.Run(fmt.Sprintf("%s_%dx%d", s.name, size[0], size[1]), func(t *testing.T) {
				var frame string
				inFleet(t, size[0], size[1], s.links, func(f *fleetWorld) {
					f.Wait(20 * time.Second)
					f.Press(s.keys...)
					_, frame, _ = strings.Cut(f.Frame(), "\n") // whether reads fail just now is not at issue
				}, s.before...)
				golden.RequireEqual(t, requestIDs.ReplaceAllString(frame, "req_oneOfTheSandboxsRequests")+"\n")
			})
		}
	}
}
