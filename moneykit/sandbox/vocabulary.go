package sandbox

import (
	"strings"

	"till/assets"
)

// vocabulary holds the word lists that were read so far, by name.
type vocabulary map[string][]string

// list returns the lines of a word list. The lists are embedded, so a name that
// does not exist is a mistake in this package.
func (s *Sandbox) list(name string) []string {
	if words, ok := s.vocabulary[name]; ok {
		return words
	}
	text, err := assets.Words.ReadFile("words/" + name + ".txt")
	if err != nil {
		panic("sandbox: " + err.Error())
	}
	words := strings.Split(strings.TrimSpace(string(text)), "\n")
	if s.vocabulary == nil {
		s.vocabulary = vocabulary{}
	}
	s.vocabulary[name] = words
	return words
}
