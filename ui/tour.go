package ui

import tea "charm.land/bubbletea/v2"

// Tour is a walk through screens, told step by step beneath them. It moves nothing by
// itself, and every key works as always.
type Tour struct {
	Steps []Step
	End   string // what is said after the last step
}

// Step is one step of a Tour.
type Step struct {
	// Text tells what there is to see on the screen on top and what to do, a line or
	// two, keys between backquotes. It has to be safe to draw.
	Text func(top Screen) string
	// Done reports whether the operator has done what the step says, which ends it;
	// last is the message that came last, nil for none. It is asked after each. A step
	// that was done when it began ends once it is done again. nil is for a step that
	// only a key ends.
	Done func(top Screen, last tea.Msg) bool
}

// walk is a tour under way.
type walk struct {
	Tour
	at   int  // the step; after the last one the end
	open bool // the step was seen not done, so that doing it ends it
}

func (w *walk) over() bool { return w.at == len(w.Steps) }

type tourMsg struct{ tour Tour }

// TakeTour begins a tour, in place of the one under way.
func TakeTour(t Tour) tea.Cmd { return send(tourMsg{t}) }

// Offer lets the palette begin a tour.
func (s *Shell) Offer(t Tour) { s.offered = t }

// Guide begins a tour, and lets the palette begin it again.
func (s *Shell) Guide(t Tour) {
	if len(t.Steps) == 0 {
		return
	}
	s.Offer(t)
	s.tour = &walk{Tour: t}
	s.step(0)
	s.resize(s.w, s.h)
}

// endTour gives the screens their room back.
func (s *Shell) endTour() tea.Cmd {
	s.tour = nil
	s.resize(s.w, s.h)
	return nil
}

// step goes to a step, and past the end leaves the tour.
func (s *Shell) step(to int) tea.Cmd {
	if to > len(s.tour.Steps) {
		return s.endTour()
	}
	s.tour.at = to
	s.tour.open = !s.stepDone(nil)
	return nil
}

func (s *Shell) stepDone(last tea.Msg) bool {
	if s.tour.over() {
		return false
	}
	done := s.tour.Steps[s.tour.at].Done
	return done != nil && done(s.top().Screen, last)
}

// followTour ends the step that the operator has done.
func (s *Shell) followTour(last tea.Msg) {
	if s.tour == nil {
		return
	}
	switch done := s.stepDone(last); {
	case !done:
		s.tour.open = true
	case s.tour.open:
		s.step(s.tour.at + 1)
	}
}

// tourActions are the tour's keys, which no screen has.
func (s *Shell) tourActions() []Action {
	end := Bind("ctrl+t", "tour")
	if s.tour == nil {
		if len(s.offered.Steps) == 0 {
			return nil
		}
		return []Action{{Name: "Take the tour", Key: end, Quiet: true, Do: func() tea.Cmd { s.Guide(s.offered); return nil }}}
	}
	// The second keys are where the first ones are on a board without them.
	return []Action{
		{Name: "Tour: next step", Key: Bind(">", "next", ">", "."), Quiet: true, Do: func() tea.Cmd { return s.step(s.tour.at + 1) }},
		{Name: "Tour: back", Key: Bind("<", "back", "<", ","), Quiet: true, Disabled: func() string {
			if s.tour != nil && s.tour.at == 0 {
				return "this is the tour's first step"
			}
			return ""
		}, Do: func() tea.Cmd { return s.step(s.tour.at - 1) }},
		{Name: "Tour: end", Key: end, Quiet: true, Do: s.endTour},
	}
}

// findable are the actions that help and the palette list.
func (s *Shell) findable() []Action { return append(s.all(), s.tourActions()...) }
