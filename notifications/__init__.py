"""What Bevaka says, and how it says it: typed messages without personal data, their wording, and the channels."""
