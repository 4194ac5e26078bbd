package sandbox

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

type achNumber struct {
	AccountNumber     string  `json:"account_number"`
	RoutingNumber     string  `json:"routing_number"`
	WireRoutingNumber *string `json:"wire_routing_number"`
}

type eftNumber struct {
	AccountNumber     string `json:"account_number"`
	InstitutionNumber string `json:"institution_number"`
	BranchNumber      string `json:"branch_number"`
}

type bacsNumber struct {
	AccountNumber string `json:"account_number"`
	SortCode      string `json:"sort_code"`
}

type internationalNumber struct {
	IBAN string `json:"iban"`
	BIC  string `json:"bic"`
}

type numbersAnswer struct {
	ACH           []achNumber           `json:"ach"`
	EFT           []eftNumber           `json:"eft"`
	BACS          []bacsNumber          `json:"bacs"`
	International []internationalNumber `json:"international"`
}

type numberedAccount struct {
	accountAnswer
	Numbers numbersAnswer `json:"numbers"`
}

type accountNumbersAnswer struct {
	Accounts []numberedAccount `json:"accounts"`
	Link     linkAnswer        `json:"link"`
}

func (s *Sandbox) getAccountNumbers(c *call) (any, error) {
	l, err := s.linkWith(c, accountNumbersProduct)
	if err != nil {
		return nil, err
	}
	answer := accountNumbersAnswer{Accounts: []numberedAccount{}, Link: l.answer()}
	for _, a := range s.open(l).shown(l) {
		answer.Accounts = append(answer.Accounts, numberedAccount{a.answer(), s.numbers(l, a)})
	}
	return answer, nil
}

// numbers returns what money can be sent to; only depository accounts have it.
func (s *Sandbox) numbers(l *link, a *account) numbersAnswer {
	n := numbersAnswer{ACH: []achNumber{}, EFT: []eftNumber{}, BACS: []bacsNumber{}, International: []internationalNumber{}}
	if !strings.HasPrefix(a.kind, "depository.") {
		return n
	}
	rng := randomOf(0, l.bank.ID, "numbers") // the bank's own, in every world
	routing, sortCode := routingNumber(rng.IntN(1e7)), fmt.Sprintf("%06d", rng.IntN(1e6))
	switch {
	case l.Origin.Accounts != nil:
		if a.routing != "" {
			routing = a.routing
		}
		n.ACH = append(n.ACH, achNumber{a.number, routing, nil})
	case a.currency == "GBP":
		n.BACS = append(n.BACS, bacsNumber{a.number[2:], sortCode})
		n.International = append(n.International, internationalNumber{iban("GB", "TILL"+sortCode+a.number[2:]), "TILLGB2L"})
	case a.currency != "USD":
		n.International = append(n.International, internationalNumber{iban("FR", "30006000"+"01"+"0"+a.number+"89"), "TILLFRPP"})
	case l.bank.Country == "CA":
		n.EFT = append(n.EFT, eftNumber{a.number[3:], "8" + sortCode[:2], sortCode[:5]})
	default:
		wire := routingNumber(rng.IntN(1e7))
		n.ACH = append(n.ACH, achNumber{a.number, routing, &wire})
	}
	return n
}

// routingNumber makes a number of nine digits with the checksum that real ones
// have.
func routingNumber(n int) string {
	digits := fmt.Sprintf("0%07d", n)
	sum := 0
	for i, weight := range []int{3, 7, 1, 3, 7, 1, 3, 7} {
		sum += weight * int(digits[i]-'0')
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// iban puts the right check digits between a country and an account.
func iban(country, account string) string {
	var digits strings.Builder
	for _, r := range account + country + "00" {
		if r >= 'A' {
			digits.WriteString(strconv.Itoa(int(r-'A') + 10))
		} else {
			digits.WriteRune(r)
		}
	}
	n, _ := new(big.Int).SetString(digits.String(), 10)
	rest := new(big.Int).Mod(n, big.NewInt(97)).Int64()
	return fmt.Sprintf("%s%02d%s", country, 98-rest, account)
}
