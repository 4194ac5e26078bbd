package moneykit

import (
	"bytes"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// shape says where in a type something unknown can stand. It is nil for a type
// in which nothing can.
type shape struct {
	kind   reflect.Kind
	enum   reflect.Type // set for an enum
	fields []fieldShape // of a struct
	elem   *shape       // of a slice, map or pointer
}

type fieldShape struct {
	index   int
	name    string // in JSON; empty for an embedded struct
	unknown bool   // it holds the members that no other field took
	*shape
}

var shapes sync.Map // of reflect.Type to *shape

func shapeOf(t reflect.Type) *shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	s := newShape(t)
	shapes.Store(t, s)
	return s
}

func newShape(t reflect.Type) *shape {
	if isEnum(t) {
		return &shape{kind: reflect.String, enum: t}
	}
	s := &shape{kind: t.Kind()}
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		if s.elem = shapeOf(t.Elem()); s.elem == nil {
			return nil
		}
	case reflect.Struct:
		for i := range t.NumField() {
			if f, ok := newFieldShape(t.Field(i)); ok {
				s.fields = append(s.fields, f)
			}
		}
		if len(s.fields) == 0 {
			return nil
		}
	default:
		return nil
	}
	return s
}

func newFieldShape(f reflect.StructField) (fieldShape, bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || name == "-" {
		return fieldShape{}, false
	}
	field := fieldShape{index: f.Index[0], name: name, unknown: options == "embed"}
	if !field.unknown {
		field.shape = shapeOf(f.Type)
	}
	return field, field.unknown || field.shape != nil
}

// walk calls found for everything in v that is not documented.
func (s *shape) walk(v reflect.Value, path []string, found func(DriftKind, []string, string)) {
	switch {
	case s.enum != nil:
		if text := v.String(); text != "" && !documented(s.enum, text) {
			found(UnknownCase, path, shapeOfText(text))
		}
	case s.kind == reflect.Struct:
		for i := range s.fields {
			s.fields[i].walk(v.Field(s.fields[i].index), path, found)
		}
	case s.kind == reflect.Pointer:
		if !v.IsNil() {
			s.elem.walk(v.Elem(), path, found)
		}
	case s.kind == reflect.Slice:
		path = last(path, "[]")
		for i := range v.Len() {
			s.elem.walk(v.Index(i), path, found)
		}
	case s.kind == reflect.Map:
		path = last(path, "{}") // the keys are ids
		for _, key := range v.MapKeys() {
			s.elem.walk(v.MapIndex(key), path, found)
		}
	}
}

func (f fieldShape) walk(v reflect.Value, path []string, found func(DriftKind, []string, string)) {
	if f.unknown {
		if unknown := v.Bytes(); len(unknown) > 0 {
			members(unknown, path, found)
		}
		return
	}
	if f.name != "" {
		path = append(path, f.name)
	}
	f.shape.walk(v, path, found)
}

// last returns path with a mark on its last name.
func last(path []string, mark string) []string {
	path = append(make([]string, 0, cap(path)), path...) // with room for the names below
	if len(path) > 0 {
		path[len(path)-1] += mark
	}
	return path
}

// members reports each member of an object of unknown ones.
func members(object []byte, path []string, found func(DriftKind, []string, string)) {
	const longest = 64
	d := jsontext.NewDecoder(bytes.NewReader(object), tolerant)
	if _, err := d.ReadToken(); err != nil {
		return
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return
		}
		field := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return
		}
		if len(field) > longest {
			field = strings.ToValidUTF8(field[:longest], "") + "…"
		}
		found(UnknownField, append(path, field), shapeOfJSON(value))
	}
}
