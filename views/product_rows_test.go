package views

import (
	"strings"
	"testing"

	"till/moneykit"
)

func TestEverySystemOfNumbers(t *testing.T) {
	t.Parallel()
	accounts := []moneykit.NumberedAccount{
		{Account: moneykit.Account{Name: "ca"}, Numbers: moneykit.Numbers{EFT: []moneykit.EFTNumber{{Account: "1234567", Institution: "003", Branch: "45678"}}}},
		{Account: moneykit.Account{Name: "gb"}, Numbers: moneykit.Numbers{
			BACS:          []moneykit.BACSNumber{{Account: "87654321", SortCode: "123456"}},
			International: []moneykit.InternationalNumber{{IBAN: "GB33BUKB20201555555555", BIC: "BUKBGB22"}},
		}},
		{Account: moneykit.Account{Name: "us"}, Numbers: moneykit.Numbers{ACH: []moneykit.ACHNumber{{Account: "1234", Routing: "021000021"}}}},
		{Account: moneykit.Account{Name: "none"}},
	}
	told := func(shown bool) string {
		var lines []string
		rows := numberRows{list: newNumberRows(accounts), shown: shown}
		for i := range rows.Len() {
			var line []string
			for _, c := range rows.Row(i) {
				line = append(line, c.Text)
			}
			lines = append(lines, strings.TrimSpace(strings.Join(line, " ")))
		}
		return strings.Join(lines, "\n")
	}
	hidden := "ca EFT ••••4567 ••••5678\ngb BACS ••••4321 ••••3456\ngb IBAN ••••5555 ••••GB22\nus ACH •••• ••••0021\nnone — no numbers"
	if got := told(false); got != hidden {
		t.Error(got)
	}
	shown := "ca EFT 1234567 003-45678\ngb BACS 87654321 123456\ngb IBAN GB33BUKB20201555555555 BUKBGB22\nus ACH 1234 021000021\nnone — no numbers"
	if got := told(true); got != shown {
		t.Error(got)
	}
}

func TestHoldingsWithGaps(t *testing.T) {
	t.Parallel()
	result, err := moneykit.Decode[moneykit.HoldingsResult]([]byte(`{
		"holdings": [
			{"account_id": "a", "security_id": "s1", "quantity": "2", "price": "10.5", "value": "21", "cost_basis": "28"},
			{"account_id": "b", "security_id": "s2", "quantity": "-1.5", "value": "1000", "cost_basis": "0"},
			{"account_id": "b", "security_id": "s1", "quantity": "1"},
			{"account_id": "b", "security_id": "s3", "quantity": "1", "value": "0.25"},
			{"account_id": "b", "security_id": "s1", "quantity": "1", "value": "9.00"}],
		"securities": [{"security_id": "s1", "name": "One", "type": "mutual_fund", "currency": "USD"}, {"security_id": "s2", "name": "Two", "type": "etf", "currency": "JPY"}],
		"accounts": [{"account_id": "a", "name": "Broker", "balances": {}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rows := newHoldingRows(result)
	if got := rows.total(); got != "0.25 · 1,000 JPY · 30.00 USD · 1 holding without a value" {
		t.Error(got)
	}
	var lines []string
	for i, h := range rows {
		line := ""
		for _, c := range rows.Row(i) {
			line += c.Text + " "
		}
		gain, _ := h.gain()
		lines = append(lines, line+"/ "+gain)
	}
	want := strings.Join([]string{
		" One 2 10.50 21.00 USD Broker / −7.00 USD · −25.0 %",
		" Two −1.5 — 1,000 JPY b / +1,000 JPY",
		" One 1 — — b / ",
		" s3 1 — 0.25 b / ",
		" One 1 — 9.00 USD b / ",
	}, "\n")
	if got := strings.Join(lines, "\n"); got != want {
		t.Error(got)
	}
	if !rows.several() || rows[1:].several() || rows[:0].several() {
		t.Error("the accounts are not told apart")
	}
}

func TestOwnersArePutTogether(t *testing.T) {
	t.Parallel()
	jane := moneykit.Owner{
		Names: []string{"Jane", "J. Doe"}, Emails: []moneykit.Email{{Address: "j@x"}, {Address: "k@x", Primary: true}},
		PhoneNumbers: []moneykit.PhoneNumber{{Number: "1", Type: "mobile"}}, Addresses: []moneykit.Address{{City: "Rome", PostalCode: "00100"}, {}},
	}
	owners, without := ownersOf([]moneykit.AccountIdentity{
		{Account: moneykit.Account{Name: "A", Mask: "1"}, Owners: []moneykit.Owner{jane, {}}},
		{Account: moneykit.Account{Name: "B"}, Owners: []moneykit.Owner{jane}},
		{Account: moneykit.Account{Name: "C"}},
		{Account: moneykit.Account{Name: "D"}, Owners: []moneykit.Owner{{Names: []string{"Jane"}}}},
	})
	var told []string
	for _, o := range owners {
		line := o.name + ":"
		for _, f := range o.facts {
			line += " " + f.name + "=" + f.value
		}
		told = append(told, line+" owns "+strings.Join(o.accounts, ","))
	}
	want := "Jane: also=J. Doe email=j@x =k@x · primary phone=1 · mobile address=Rome, 00100 owns A ··1,B\nno name: owns A ··1\nJane: owns D"
	if got := strings.Join(told, "\n"); got != want || strings.Join(without, ",") != "C" {
		t.Error(got, without)
	}
}
