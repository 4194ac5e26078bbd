package privacy

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// walk copies one JSON value and masks what it holds.
type walk struct {
	mask     *Mask
	sentence string              // in place of messages
	other    *ruling             // for members that no ruling names
	name     func(string) string // of such a member
	in       *jsontext.Decoder
	out      []byte
	seen     map[seen]string // pseudonyms so far
}

// answer masks an answer.
func (m *Mask) answer(body []byte, status int, by *ruling) ([]byte, error) {
	return (&walk{mask: m, sentence: sentence(status), other: unknown, name: m.ID}).copy(body, by)
}

// reveal turns the pseudonyms in a request into what they stand for.
func (m *Mask) reveal(body []byte, by *ruling) ([]byte, error) {
	return (&walk{mask: m, other: asIs, name: func(s string) string { return s }}).copy(body, by)
}

func (w *walk) copy(body []byte, by *ruling) ([]byte, error) {
	w.in = jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	w.out, w.seen = make([]byte, 0, len(body)+len(body)/4), map[seen]string{}
	if err := w.value(by); err != nil {
		return nil, err
	}
	if _, err := w.in.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	return w.out, nil
}

func (w *walk) value(by *ruling) error {
	if by.whole {
		raw, err := w.in.ReadValue()
		w.out = append(w.out, raw...)
		return err
	}
	token, err := w.in.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case jsontext.KindBeginObject:
		return w.object(by)
	case jsontext.KindBeginArray:
		return w.list(by)
	case jsontext.KindString:
		return w.quote(w.text(by, token.String()))
	case jsontext.KindNumber:
		if by.number == nil {
			return w.quote(w.text(by, token.String()))
		}
		w.out = append(w.out, by.number(w, token.String())...)
	default:
		w.out = append(w.out, token.String()...)
	}
	return nil
}

// text remembers what it masked: an account's id stands in each of its transactions.
func (w *walk) text(by *ruling, text string) string {
	if !by.dear {
		return by.text(w, text)
	}
	key := seen{by, text}
	pseudonym, ok := w.seen[key]
	if !ok {
		pseudonym = by.text(w, text)
		w.seen[key] = pseudonym
	}
	return pseudonym
}

type seen struct {
	by   *ruling
	text string
}

func (w *walk) quote(text string) (err error) {
	w.out, err = jsontext.AppendQuote(w.out, text)
	return err
}

func (w *walk) list(by *ruling) error {
	w.out = append(w.out, '[')
	for first := true; w.in.PeekKind() != jsontext.KindEndArray; first = false {
		if !first {
			w.out = append(w.out, ',')
		}
		if err := w.value(by); err != nil {
			return err
		}
	}
	w.out = append(w.out, ']')
	_, err := w.in.ReadToken()
	return err
}

func (w *walk) object(by *ruling) error {
	w.out = append(w.out, '{')
	for first := true; w.in.PeekKind() != jsontext.KindEndObject; first = false {
		token, err := w.in.ReadToken()
		if err != nil {
			return err
		}
		if !first {
			w.out = append(w.out, ',')
		}
		name, member := w.member(by, token.String())
		if err := w.quote(name); err != nil {
			return err
		}
		w.out = append(w.out, ':')
		if err := w.value(member); err != nil {
			return err
		}
	}
	w.out = append(w.out, '}')
	_, err := w.in.ReadToken()
	return err
}

// member returns what a member of an object is called and its ruling. The name of an
// unknown one can be an id.
func (w *walk) member(by *ruling, name string) (string, *ruling) {
	switch known := by.fields[name]; {
	case known != nil:
		return name, known
	case by.each != nil:
		return w.text(id, name), by.each
	}
	return w.name(name), w.other
}
