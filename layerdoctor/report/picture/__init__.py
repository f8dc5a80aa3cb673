"""The picture of the flow: what is drawn, laid out, or put in the language of Mermaid."""
