package privacy

import (
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// longest is how many characters a pseudonym of a name has at most.
const longest = 28

// draws picks from lists by what a digest says, each pick by another part of it.
type draws struct {
	digest digest
	next   int
}

func (d *draws) number(n int) int {
	at := d.next
	d.next += 2
	return int(binary.BigEndian.Uint16(d.digest[at:])) % n
}

func (d *draws) from(list []string) string { return list[d.number(len(list))] }

// word is capitalized.
func (d *draws) word() string {
	w := d.from(words)
	return strings.ToUpper(w[:1]) + w[1:]
}

// pseudonym returns what make draws for a name, and nothing for an empty one. Case and
// white space make no difference. Kinds with different labels tell nothing of each other.
func (m *Mask) pseudonym(label, name string, invent func(*draws) string) string {
	name = strings.ToLower(strings.Join(strings.Fields(name), " "))
	if name == "" {
		return ""
	}
	return invent(&draws{digest: m.names.sum([]byte(label), []byte{0}, []byte(name))})
}

func (m *Mask) bank(name string) string {
	return m.pseudonym("bank", name, func(d *draws) string { return d.word() + " " + d.word() + " " + d.from(banks) })
}

func (m *Mask) accountName(name string) string {
	return m.pseudonym("account", name, func(d *draws) string { return d.word() + " " + d.from(purses) })
}

func (m *Mask) person(name string) string {
	return m.pseudonym("person", name, func(d *draws) string { return d.from(firstNames) + " " + d.from(lastNames) })
}

// shop is for merchants and for what a transaction is about, which often is a merchant.
func (m *Mask) shop(name string) string {
	return m.pseudonym("shop", name, func(d *draws) string { return d.word() + " & " + d.word() + " " + d.from(shops) })
}

func (m *Mask) security(name string) string {
	return m.pseudonym("security", name, func(d *draws) string { return d.word() + " " + d.word() + " " + d.from(securities) })
}

func (m *Mask) label(text string) string {
	return m.pseudonym("label", text, func(d *draws) string { return d.word() + " " + d.word() })
}

func (m *Mask) email(address string) string {
	return m.pseudonym("email", address, func(d *draws) string {
		return d.from(words) + strconv.Itoa(100+d.number(900)) + "@example.com"
	})
}

func (m *Mask) street(text string) string {
	return m.pseudonym("street", text, func(d *draws) string {
		return strconv.Itoa(1+d.number(199)) + " " + d.word() + " " + d.from(streets)
	})
}

func (m *Mask) town(name string) string {
	return m.pseudonym("town", name, func(d *draws) string { return d.word() + d.from(towns) })
}

func (m *Mask) domain(name string) string {
	return m.pseudonym("domain", name, func(d *draws) string { return d.from(words) + strconv.Itoa(100+d.number(900)) + ".example" })
}

func (m *Mask) address(url string) string {
	if domain := m.domain(url); domain != "" {
		return "https://" + domain
	}
	return ""
}

// inventedAddress is what address makes. Sent back, it would replace the true one.
var inventedAddress = regexp.MustCompile(`https://[a-z]+[0-9]{3}\.example\b`)

func (m *Mask) colour(text string) string {
	return m.pseudonym("colour", text, func(d *draws) string { return "#" + hex.EncodeToString(d.digest[:3]) })
}

// symbol is for tickers and the like: each sign becomes another of its kind.
func (m *Mask) symbol(text string) string {
	return m.pseudonym("symbol", text, func(d *draws) string {
		out := []byte(text)[:min(len(text), longest)]
		for i, c := range out {
			by := d.digest[i]
			switch {
			case '0' <= c && c <= '9':
				out[i] = '0' + by%10
			case 'a' <= c && c <= 'z':
				out[i] = 'a' + by%26
			default:
				out[i] = 'A' + by%26
			}
		}
		return string(out)
	})
}

// dots hides every sign of a number but what separates its parts.
func dots(number string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -+/.,()#", r) {
			return r
		}
		return '•'
	}, number)
}
