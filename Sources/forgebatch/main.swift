print("forgebatch")
