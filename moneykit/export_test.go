package moneykit

// Vocabulary is what the generator made of the contract's enums.
var Vocabulary = vocabulary
