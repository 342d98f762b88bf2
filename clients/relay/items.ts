// A page of service items as a Relay front end would ask for it.
declare function graphql(text: TemplateStringsArray): unknown;

export const page = graphql`
  fragment itemsFragment_page on Query
  @argumentDefinitions(
    division: { type: "String!" }
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
  )
  @refetchable(queryName: "itemsPageQuery") {
    serviceItems(division: $division, first: $first, after: $after)
      @connection(key: "itemsFragment_serviceItems") {
      edges {
        node {
          code
          name
          organ {
            name
          }
        }
      }
    }
  }
`;

export const query = graphql`
  query itemsQuery($division: String!) {
    ...itemsFragment_page @arguments(division: $division)
  }
`;
