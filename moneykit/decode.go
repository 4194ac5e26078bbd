package moneykit

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Extra holds the members of a JSON object that this version of the package
// does not know.
type Extra struct {
	// Unknown is one JSON object with all of them, nil for none.
	Unknown jsontext.Value `json:",embed"`
}

// Object is what links, accounts, transactions and their like keep of the JSON
// they came in. On one that was not decoded it is empty.
type Object struct {
	Extra
	raw jsontext.Value
}

// JSON returns the object as it came. The bytes belong to the answer they came
// in and must not be changed.
func (o Object) JSON() []byte { return o.raw }

// keep decodes the next value of d into the object around o, given as a type
// without methods, and remembers its JSON.
func (o *Object) keep(d *jsontext.Decoder, object any) error {
	d.PeekKind() // past the white space, so that all of the object is unread
	unread, start := d.UnreadBuffer(), d.InputOffset()
	if err := json.UnmarshalDecode(d, object); err != nil {
		return err
	}
	o.raw = bytes.TrimLeft(unread[:d.InputOffset()-start], ",: \t\r\n")
	return nil
}

// tolerant takes what the real service could send without harm: a name twice
// (the last one counts) and text that is not UTF-8.
var tolerant = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// decode reads the whole of body into out. Errors name the place and not what
// stood there.
func decode(body []byte, out any) error {
	err := json.Unmarshal(body, out, tolerant)
	if wrong := (*json.SemanticError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("a %s does not fit%s", wrong.JSONKind, at(wrong.JSONPointer))
	}
	if broken := (*jsontext.SyntacticError)(nil); errors.As(err, &broken) {
		return fmt.Errorf("it is not JSON from byte %d on", broken.ByteOffset)
	}
	return err
}

var fieldName = regexp.MustCompile(`^[a-z_]{1,40}$`)

// at names the field that a pointer leads to, unless it is an id.
func at(p jsontext.Pointer) string {
	if name := p.LastToken(); fieldName.MatchString(name) {
		return " in " + name
	}
	return ""
}
