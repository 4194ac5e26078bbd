package moneykit

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Extra holds the members of a JSON object that this version of the package
// does not know. Built with GOEXPERIMENT=jsonv2 of Go 1.26, whose package reads
// another tag, it stays empty.
type Extra struct {
	// Unknown is one JSON object with all of them, nil for none.
	Unknown jsontext.Value `json:",embed"`
}

// Object is what links, accounts, transactions and their like keep of the JSON
// they came in. On one that was not decoded it is empty.
//
// To store such an object, store its JSON and read it back with [Decode]:
// encoding/json writes the names of the contract too, but keeps nothing that
// this package does not know.
type Object struct {
	Extra
	raw jsontext.Value
}

// JSON returns the object as it came. The bytes belong to the answer they came
// in, which stays in memory as long as the object does, and must not be changed.
func (o Object) JSON() []byte { return o.raw }

// keep decodes the next value of d into the object around o, given as a type
// without methods, and remembers its JSON.
func (o *Object) keep(d *jsontext.Decoder, object any) error {
	d.PeekKind() // past the white space, so that all of the object is unread
	unread, start := d.UnreadBuffer(), d.InputOffset()
	if err := json.UnmarshalDecode(d, object); err != nil {
		return err
	}
	length := d.InputOffset() - start
	if length > int64(len(unread)) {
		return errors.New("moneykit: objects are decoded from bytes and not from a stream")
	}
	o.raw = bytes.TrimLeft(unread[:length], ",: \t\r\n")
	return nil
}

// maxObjects is far above what the largest page holds. Without a bound an answer
// of a few megabytes could become gigabytes of empty objects.
const maxObjects = 200_000

// tolerant takes what the real service could send without harm: a name twice
// (the last one counts) and text that is not UTF-8.
var tolerant = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Decode reads an object from the JSON that [Object.JSON] returned.
func Decode[T any](text []byte) (*T, error) {
	out := new(T)
	if err := decode(text, out); err != nil {
		return nil, fmt.Errorf("moneykit: %w", err)
	}
	return out, nil
}

// decode reads the whole of body into out. Errors name the place and not what
// stood there.
func decode(body []byte, out any) error {
	options := tolerant
	if bytes.Count(body, []byte("{")) > maxObjects {
		return errors.New("it holds more objects than any answer does")
	}
	if longNumber(body) {
		options = careful
	}
	if page, ok := out.(interface{ makeRoom(body []byte) }); ok {
		page.makeRoom(body)
	}
	err := json.Unmarshal(body, out, options)
	wrong, broken := (*json.SemanticError)(nil), (*jsontext.SyntacticError)(nil)
	switch {
	case errors.Is(err, errNoMoney):
		return errNoMoney
	case errors.As(err, &wrong):
		return fmt.Errorf("a %s does not fit%s", wrong.JSONKind, at(reflect.TypeOf(out), wrong.JSONPointer))
	case errors.As(err, &broken):
		return fmt.Errorf("it is not JSON from byte %d on", broken.ByteOffset)
	}
	return err
}

func (p *SyncPage) makeRoom(body []byte)             { p.Transactions.Created = roomFor(body) }
func (p *TransactionsPage) makeRoom(body []byte)     { p.Transactions = roomFor(body) }
func (p *UserTransactionsPage) makeRoom(body []byte) { p.Transactions = roomFor(body) }

// roomFor returns room for the transactions in body, so that decoding them does
// not copy a list again and again as it grows. It only guesses.
func roomFor(body []byte) []Transaction {
	const largestPage = 1000
	count := bytes.Count(body, []byte(`{"transaction_id"`)) // the brace is rare, so this is fast
	if count == 0 {
		return nil
	}
	return make([]Transaction, 0, min(count, largestPage))
}

// unless returns a name, "" when it is there.
func unless(there bool, name string) string {
	if there {
		return ""
	}
	return name
}

// at names the field of t that a pointer leads to, or into. Other names on the
// way are ids.
func at(t reflect.Type, p jsontext.Pointer) string {
	field := ""
	for name := range p.Tokens() {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
			continue
		case reflect.Struct:
		default:
			return field
		}
		known := slices.IndexFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
			own, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			return own == name && own != "-"
		})
		if known < 0 {
			return field
		}
		t, field = reflect.VisibleFields(t)[known].Type, " in "+name
	}
	return field
}
