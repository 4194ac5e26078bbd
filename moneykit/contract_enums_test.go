package moneykit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"till/moneykit"
)

// TestEveryEnumOfTheContractIsKnown wants a Go type for each enum.
func TestEveryEnumOfTheContractIsKnown(t *testing.T) {
	for name, schema := range contract().Components.Schemas {
		if len(schema.Value.Enum) == 0 {
			continue
		}
		known := false
		for _, cases := range moneykit.Vocabulary {
			known = known || sameCases(cases, schema.Value.Enum)
		}
		if !known {
			t.Errorf("%s: no type has its cases", name)
		}
	}
}

// TestConstantsAreTheContracts reads the package itself, since nothing tells a
// program which constants a type has.
func TestConstantsAreTheContracts(t *testing.T) {
	declared := constants(t)
	for enum, cases := range moneykit.Vocabulary {
		same(t, enum.Name(), declared[enum.Name()], slices.Sorted(slices.Values(cases)))
	}
}

// constants are the values of the package's constants by the name of their type.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	names, err := os.ReadDir(".")
	must(err)
	for _, entry := range names {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.SkipObjectResolution)
		must(err)
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				value := spec.(*ast.ValueSpec)
				name, typed := value.Type.(*ast.Ident)
				text, literal := value.Values[0].(*ast.BasicLit)
				if !typed || !literal || text.Kind != token.STRING {
					continue
				}
				unquoted, err := strconv.Unquote(text.Value)
				must(err)
				found[name.Name] = append(found[name.Name], unquoted)
			}
		}
	}
	for _, cases := range found {
		slices.Sort(cases)
	}
	return found
}

// TestProductsAreAll holds the one list that is written by hand.
func TestProductsAreAll(t *testing.T) {
	var got []string
	for _, p := range moneykit.Products() {
		got = append(got, string(p))
	}
	same(t, "products", got, moneykit.Vocabulary[reflect.TypeFor[moneykit.Product]()])
}
